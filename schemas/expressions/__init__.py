"""JSONata as host and guests share it: the build puts these very files into guests, so that a check and a run read alike."""

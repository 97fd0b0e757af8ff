"""The demonstration: a real goal, real data, a real server process, told live at the terminal."""

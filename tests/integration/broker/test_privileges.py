"""What a worker process can no longer do, tried in a process that gave it up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from broker.sandbox import privileges

pytestmark = pytest.mark.skipif(privileges.SECCOMP not in privileges.expected(), reason="no seccomp on this system")

ROOT = Path(__file__).resolve().parents[3]
TRYING = """
import ctypes, json, mmap, os, signal, socket, subprocess, sys, threading, time
from broker.sandbox import privileges

os.chdir(sys.argv[1])
open("there", "w").write("x")
opened = os.open("there", os.O_RDONLY)
in_force = privileges.drop(network=sys.argv[2] == "network", files=sys.argv[2] == "files")
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def thread():
    made = threading.Thread(target=lambda: None)
    made.start()
    made.join()


found = {}
for name, attempt in json.loads(sys.argv[3]).items():
    try:
        exec(attempt)
        found[name] = "done"
    except OSError as refused:
        found[name] = type(refused).__name__
print(json.dumps({"in_force": in_force, "found": found}))
"""
NEVER = {
    "another program": "os.execv('/bin/true', ['true'])",
    "a child": "os.fork()",
    "a child's program": "subprocess.run(['/bin/true'])",
    "a spawned program": "os.posix_spawn('/bin/true', ['true'], {})",
    "a signal to the parent": "os.kill(os.getppid(), 0)",
    "a signal to everybody": "os.kill(-1, 0)",
    "a handle of the parent": "os.pidfd_open(os.getppid())",
    "tracing": "call('ptrace', 0, 0, 0, 0)",
    "another user": "os.setuid(12345)",
    "another group": "os.setgroups([12345])",
    "another root": "os.chroot('.')",
    "a namespace": "call('unshare', 0x10000000)",
    "a mount": "call('mount', b'none', b'/mnt', b'tmpfs', 0, None)",
    "the host's name": "socket.sethostname('x')",
    "the clock": "time.clock_settime(time.CLOCK_REALTIME, 1.0)",
    "raw packets": "socket.socket(17, socket.SOCK_RAW)",
    "the kernel's cryptography": "socket.socket(38, socket.SOCK_SEQPACKET)",
    "virtual machines": "socket.socket(40, socket.SOCK_STREAM)",
    "a server": "socket.create_server(('127.0.0.1', 0))",
    "shared memory of System V": "call('shmget', 1, 4096, 0o1600)",
}
WRITES = {
    "a new file": "open('new', 'x')",
    "an old file written over": "open('there', 'w')",
    "an old file appended to": "open('there', 'a')",
    "an old file changed": "open('there', 'r+b')",
    "an old file cut": "os.truncate('there', 0)",
    "a file made with creat": "call('creat', b'made', 0o600)",
    "a file written by its descriptor": "open(f'/proc/self/fd/{opened}', 'w')",
    "a folder": "os.mkdir('folder')",
    "removing": "os.unlink('there')",
    "renaming": "os.rename('there', 'elsewhere')",
    "a link": "os.link('there', 'again')",
    "a symbolic link": "os.symlink('there', 'again')",
    "a pipe with a name": "os.mkfifo('pipe')",
    "a mode": "os.chmod('there', 0o777)",
    "a mode by descriptor": "os.fchmod(opened, 0o777)",
    "an owner": "os.chown('there', 1, 1)",
    "a date": "os.utime('there', (0, 0))",
    "an attribute": "os.setxattr('there', 'user.x', b'y')",
    "a queue of messages": "call('mq_open', b'/q', 0o102, 0o600, None)",
}
SOCKETS = {
    "a connection": "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "a datagram": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
    "a local socket": "socket.socket(socket.AF_UNIX)",
}
ALWAYS = {
    "reading a file": "open('there').read()",
    "a thread": "thread()",
    "memory that runs": "mmap.mmap(-1, 4096, prot=7)",
    "its own maps": "open('/proc/self/maps').read()",
    "its own handle": "os.pidfd_open(os.getpid())",
    "a signal to itself": "os.kill(os.getpid(), 0)",
    "a pipe": "os.pipe()",
    "random bytes": "os.urandom(8)",
}


def tried(folder: Path, kind: str, attempts: dict[str, str]) -> dict[str, str]:
    command = [sys.executable, "-c", TRYING, str(folder), kind, json.dumps(attempts)]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["in_force"] == list(privileges.expected())
    found: dict[str, str] = told["found"]
    return found


def test_a_worker_without_network_reads_and_computes_and_does_nothing_else(tmp_path: Path) -> None:
    refused = NEVER | WRITES | SOCKETS
    assert tried(tmp_path, "pure", refused) == dict.fromkeys(refused, "PermissionError")
    assert tried(tmp_path, "pure", ALWAYS) == dict.fromkeys(ALWAYS, "done")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_worker_with_network_connects_besides(tmp_path: Path) -> None:
    refused = NEVER | WRITES
    assert tried(tmp_path, "network", refused) == dict.fromkeys(refused, "PermissionError")
    assert tried(tmp_path, "network", ALWAYS | SOCKETS) == dict.fromkeys(ALWAYS | SOCKETS, "done")


def test_the_process_that_compiles_writes_files_besides(tmp_path: Path) -> None:
    refused = NEVER | SOCKETS
    assert tried(tmp_path, "files", refused) == dict.fromkeys(refused, "PermissionError")
    assert tried(tmp_path, "files", ALWAYS | {"a new file": "open('new', 'x')"})["a new file"] == "done"


@pytest.mark.parametrize(
    ("in_force", "says"),
    [
        (("no_new_privs", "no capabilities", "seccomp"), "no_new_privs, no capabilities, seccomp"),
        (
            ("no_new_privs",),
            "no_new_privs; no system call is filtered: install libseccomp.so.2 (Debian: libseccomp2)",
        ),
        ((), "nothing; no system call is filtered: install libseccomp.so.2 (Debian: libseccomp2)"),
    ],
)
def test_what_is_in_force_is_said_with_what_to_do(in_force: tuple[str, ...], says: str) -> None:
    assert privileges.describe(in_force) == says

"""What a worker process gives up for the rest of its life, so that a fault of the engine opens no more than the worker.

On Linux: no program that it starts gains rights (`no_new_privs`), it has no capabilities, and a seccomp filter refuses, with
EPERM, what no call needs: other programs and processes, files to write, other kinds of sockets (for handlers without the
network: all), the kernel's rarer doors. libseccomp is loaded by its name; Debian has it in every installation. The binding
pyseccomp is not used: its import starts two processes to look for the library.

Elsewhere, and where the library is missing, less is in force, and `describe` says what.
"""

import ctypes
import errno
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

LIBRARY = "libseccomp.so.2"
NO_NEW_PRIVS, SECCOMP, NO_CAPABILITIES = "no_new_privs", "seccomp", "no capabilities"

_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NE, _EQ, _MASKED_EQ = 1, 4, 7
_CLONE_THREAD = 0x00010000
_ACCESS_MODES = (os.O_WRONLY, os.O_RDWR)
_SSB, _OPTIMIZE = 7, 8  # attributes of a filter
_FAMILIES = 46  # AF_MAX of Linux 6
_FAMILIES_KEPT = frozenset({1, 2, 10, 16})  # local, IPv4, IPv6, and netlink for the resolver

_NEVER = (
    # other programs and processes
    *("execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    *("pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tkill", "setns", "unshare", "setpriority"),
    # who it is
    *("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capset"),
    *("personality", "setsid", "setpgid", "seccomp"),
    # files: nothing is made, changed or removed
    *("creat", "openat2", "truncate", "mkdir", "mkdirat", "mknod", "mknodat", "rmdir", "unlink", "unlinkat", "rename"),
    *("renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("chown", "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "lsetxattr"),
    *("fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "name_to_handle_at", "open_by_handle_at", "chroot"),
    *("mount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick"),
    *("mount_setattr", "swapon", "swapoff", "quotactl", "acct", "fanotify_init", "inotify_init", "inotify_init1"),
    # the kernel's rarer doors
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key"),
    *("request_key", "keyctl", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot"),
    *("iopl", "ioperm", "modify_ldt", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname"),
    *("setdomainname", "vhangup", "lookup_dcookie", "uselib", "nfsservctl", "migrate_pages", "move_pages", "mbind"),
    *("set_mempolicy", "shmget", "shmat", "shmctl", "semget", "semop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl"),
    *("mq_open", "mq_unlink", "memfd_secret", "io_setup", "io_submit", "listen", "accept", "accept4"),
)
"""Refused whatever the arguments. A name that this processor or library does not know is passed over."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """Refuses a call where the argument number `argument` compares so."""

    name: str
    argument: int
    operator: int
    first: int
    second: int = 0


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def drop(*, network: bool, files: bool = False) -> tuple[str, ...]:
    """Give up what is not needed, for good; say what is in force.

    `network` leaves sockets for connections to elsewhere, `files` leaves files that can be written.
    """
    if sys.platform != "linux":
        return ()
    system = ctypes.CDLL(None, use_errno=True)
    in_force = [NO_NEW_PRIVS] if system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 else []
    in_force += [NO_CAPABILITIES] if _without_capabilities(system) else []
    in_force += [SECCOMP] if _filtered(network=network, files=files) else []
    return tuple(in_force)


@cache
def expected() -> tuple[str, ...]:
    """Name what workers of this machine will have in force."""
    if sys.platform != "linux":
        return ()
    return (NO_NEW_PRIVS, NO_CAPABILITIES, *((SECCOMP,) if _library() is not None else ()))


def describe(in_force: tuple[str, ...]) -> str:
    """Say for a person what is in force, and what to do where that is not all."""
    if SECCOMP in in_force:
        return ", ".join(in_force)
    held = ", ".join(in_force) or "nothing"
    if sys.platform != "linux":
        return f"{held}: {sys.platform} has no such filters, so the sandbox is WebAssembly and a process of its own"
    return f"{held}; no system call is filtered: install {LIBRARY} (Debian: libseccomp2)"


def _without_capabilities(system: ctypes.CDLL) -> bool:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    return bool(system.capset(header, (ctypes.c_uint32 * 6)()) == 0)


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = (ctypes.c_uint32,)
    library.seccomp_load.argtypes = library.seccomp_release.argtypes = (ctypes.c_void_p,)
    library.seccomp_attr_set.argtypes = (ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint32)
    library.seccomp_syscall_resolve_name.argtypes = (ctypes.c_char_p,)
    library.seccomp_rule_add_array.argtypes = (
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint),
        ctypes.POINTER(_Comparison),
    )
    return library


def _filtered(*, network: bool, files: bool) -> bool:
    library = _library()
    if library is None:
        return False
    context = library.seccomp_init(_ALLOW)
    if not context:
        return False
    library.seccomp_attr_set(context, _SSB, 1)  # older kernels would slow down every guest for it
    library.seccomp_attr_set(context, _OPTIMIZE, 2)  # searched as a tree: some hundred names would be compared one by one
    try:
        for name, code in _refused(network=network, files=files).items():
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:
                library.seccomp_rule_add_array(context, _ERRNO | code, number, 0, None)
        for rule in _rules(network=network, files=files):
            number = library.seccomp_syscall_resolve_name(rule.name.encode())
            compared = _Comparison(rule.argument, rule.operator, rule.first, rule.second)
            if number >= 0:
                library.seccomp_rule_add_array(context, _ERRNO | errno.EPERM, number, 1, ctypes.byref(compared))
        return bool(library.seccomp_load(context) == 0)
    finally:
        library.seccomp_release(context)


def _refused(*, network: bool, files: bool) -> Mapping[str, int]:
    refused = dict.fromkeys(_NEVER, errno.EPERM)
    refused["clone3"] = errno.ENOSYS  # its flags lie in memory, where no filter sees them: threads are then made by `clone`
    if not network:
        refused |= dict.fromkeys(("socket", "connect", "bind"), errno.EPERM)
    if files:
        refused = {name: code for name, code in refused.items() if name not in {"unlink", "rename", "mkdir"}}
    return refused


def _rules(*, network: bool, files: bool) -> Iterator[_Rule]:
    own = os.getpid()
    yield _Rule("clone", 0, _MASKED_EQ, _CLONE_THREAD, 0)
    yield _Rule("kill", 0, _NE, own)
    yield _Rule("tgkill", 0, _NE, own)
    yield _Rule("pidfd_open", 0, _NE, own)
    if network:
        yield from (_Rule("socket", 0, _EQ, family) for family in range(_FAMILIES) if family not in _FAMILIES_KEPT)
    if not files:
        for name, place in (("open", 1), ("openat", 2)):
            yield from (_Rule(name, place, _MASKED_EQ, os.O_ACCMODE, mode) for mode in _ACCESS_MODES)
            yield from (_Rule(name, place, _MASKED_EQ, flag, flag) for flag in (os.O_CREAT, os.O_TRUNC))

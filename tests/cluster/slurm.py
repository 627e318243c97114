"""A throw-away Slurm of Debian's packages: a controller and three virtual nodes with two simulated GPUs each, as root.

Everything lies in one folder: configuration, keys, state and logs. The exception is /etc/slurm/slurm.conf, where
Slurm's commands look when SLURM_CONF is not set, and Snakemake's plugin unsets it; the file is put there while the
cluster is up, and only where no other lies.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

COMMANDS = (
    "munged",
    "mungekey",
    "slurmctld",
    "slurmd",
    "sbatch",
    "srun",
    "squeue",
    "scancel",
    "scontrol",
    "sinfo",
)
SYSTEM_CONFIG = Path("/etc/slurm")
NODES = ("node1", "node2", "node3")
GPUS_PER_NODE = 2
MARK = "# A throw-away Slurm of Carryover's tests."

CONFIG = """\
{mark}
ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/spool-%n
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdParameters=config_overrides
SlurmctldParameters=idle_on_node_suspend
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={folder}/task_prolog
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory,CR_LLN
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/completed.log
ReturnToService=2
MinJobAge=3600
SlurmdTimeout=5
MessageTimeout=6
TCPTimeout=1
KillWait=10
InactiveLimit=0
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
GresTypes=gpu
{nodes}
PartitionName=main Nodes={names} Default=YES MaxTime=INFINITE State=UP
PartitionName=spare Nodes={names} MaxTime=INFINITE State=UP
"""

# Runs at the start of every task, with the task's environment: who saw which GPU of which node.
TASK_PROLOG = """\
#!/bin/sh
echo "$SLURM_JOB_ID $SLURMD_NODENAME ${{CUDA_VISIBLE_DEVICES:-none}}" >> {folder}/tasks.log
"""


def why_not() -> str | None:
    """Why this machine cannot start the cluster; None where it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "the throw-away Slurm needs root"
    if missing := [command for command in COMMANDS if not _which(command)]:
        return f"no {', '.join(missing)}: apt-get install slurmd slurmctld slurm-client munge"
    config = SYSTEM_CONFIG / "slurm.conf"
    if config.exists() and not config.read_text().startswith(MARK):
        return f"this machine has a Slurm of its own ({config})"
    return None


def _which(command: str) -> str | None:
    return shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@dataclass
class Cluster:
    """A running cluster; `folder` holds its configuration, logs and state."""

    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Start all daemons and wait until every node is idle."""
        for name in ("munge", "state", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(mode=0o755)
        self._write_config()
        self._start_munge()
        self._start("slurmctld", "-D")
        self._wait_for(
            lambda: self.run("scontrol", "ping", check=False).returncode == 0, "slurmctld to answer"
        )
        for node in NODES:
            self.start_node(node)
        self._wait_for(lambda: all(state == "idle" for state in self.node_states().values()), "idle nodes")

    def stop(self) -> None:
        """Cancel what runs, end the daemons, and take the configuration out of /etc/slurm."""
        self.run("scancel", "--user", "root", check=False)
        self._wait_for(
            lambda: not self.run("squeue", "--noheader", check=False).stdout, "jobs to end", fail=False
        )
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        _remove_system_config()

    def start_node(self, node: str) -> None:
        """Start a node's daemon (again)."""
        self._start(f"slurmd-{node}", "-D", "-N", node)

    def kill_node(self, node: str) -> None:
        """Take a node down as a power cut does: SIGKILL to its daemon, its step daemons and all of its tasks."""
        daemon = self.processes.pop(f"slurmd-{node}")
        frozen: list[int] = []
        # Stop everything first, so that nothing is left to start a process or to report how another ended.
        while new := [pid for pid in (daemon.pid, *_descendants(daemon.pid)) if pid not in frozen]:
            for pid in new:
                _signal(pid, signal.SIGSTOP)
            frozen += new
        for pid in frozen:
            _signal(pid, signal.SIGKILL)
        daemon.wait()

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of Slurm's commands."""
        return subprocess.run(command, check=check, text=True, capture_output=True, timeout=300)

    def node_states(self) -> dict[str, str]:
        """State of every node as `sinfo` calls it, such as idle, mixed or down*."""
        lines = self.run(
            "sinfo", "--noheader", "-N", "-p", "main", "-o", "%N %t", check=False
        ).stdout.splitlines()
        return dict(line.split(maxsplit=1) for line in lines) or dict.fromkeys(NODES, "unknown")

    def running(self) -> dict[str, str]:
        """Job id → node of every job that runs."""
        lines = self.run("squeue", "--noheader", "-t", "R", "-o", "%i %N").stdout.splitlines()
        return dict(line.split() for line in lines)

    def job_of(self, text: str) -> tuple[str, str] | None:
        """Job id and node of the running job whose comment (rule and wildcards, by the plugin) holds `text`."""
        for line in self.run("squeue", "--noheader", "-t", "R", "-o", "%i %N %k").stdout.splitlines():
            job, node, *comment = line.split(maxsplit=2)
            if comment and text in comment[0]:
                return job, node
        return None

    def completed(self) -> list[dict[str, str]]:
        """The completion log: one dict a finished job (JobId, JobState, NodeList, StartTime, EndTime …)."""
        log = self.folder / "completed.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [dict(item.split("=", 1) for item in line.split() if "=" in item) for line in lines]

    def tasks(self) -> set[tuple[str, str, str]]:
        """(job, node, CUDA_VISIBLE_DEVICES) of every job, as its tasks saw it."""
        log = self.folder / "tasks.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return {(job, node, gpu) for job, node, gpu in map(str.split, lines)}

    def _write_config(self) -> None:
        host = socket.gethostname().partition(".")[0]
        ports = _free_ports(1 + len(NODES))
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port}"
            f" CPUs=4 RealMemory=16000 Gres=gpu:{GPUS_PER_NODE}"
            for node, port in zip(NODES, ports[1:], strict=True)
        )
        config = CONFIG.format(
            mark=MARK,
            host=host,
            controller_port=ports[0],
            folder=self.folder,
            nodes=nodes,
            names=",".join(NODES),
        )
        (self.folder / "slurm.conf").write_text(config)
        for gpu in range(GPUS_PER_NODE):
            # A GPU must be a character device.
            (self.folder / f"gpu{gpu}").symlink_to("/dev/null")
        gpus = f"Name=gpu File={self.folder}/gpu[0-{GPUS_PER_NODE - 1}] Flags=nvidia_gpu_env\n"
        (self.folder / "gres.conf").write_text(f"{MARK}\n{gpus}")
        prolog = self.folder / "task_prolog"
        prolog.write_text(TASK_PROLOG.format(folder=self.folder))
        prolog.chmod(0o755)
        SYSTEM_CONFIG.mkdir(exist_ok=True)
        for name in ("slurm.conf", "gres.conf"):
            shutil.copy(self.folder / name, SYSTEM_CONFIG / name)

    def _start_munge(self) -> None:
        munge = self.folder / "munge"
        key = munge / "key"
        subprocess.run([_which("mungekey") or "mungekey", "--create", f"--keyfile={key}"], check=True)
        self._start(
            "munged",
            "--foreground",
            "--force",
            f"--key-file={key}",
            f"--socket={munge}/socket",
            f"--pid-file={munge}/pid",
            f"--log-file={munge}/log",
            f"--seed-file={munge}/seed",
        )
        self._wait_for((munge / "socket").exists, "munged's socket")

    def _start(self, name: str, *options: str) -> None:
        program = _which(name.partition("-")[0])
        assert program
        with (self.folder / f"{name}.out").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [program, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_prepare_daemon,
            )

    def _wait_for(
        self, condition: Callable[[], bool], what: str, seconds: float = 300, fail: bool = True
    ) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                if fail:
                    raise TimeoutError(f"waited {seconds:.0f} s for {what}; see {self.folder}")
                return
            time.sleep(0.1)


def _prepare_daemon() -> None:
    """In the daemon's process, before it starts."""
    prctl = ctypes.CDLL(None).prctl
    pr_set_pdeathsig, pr_set_child_subreaper = 1, 36
    # It ends with the tests, even where they are killed.
    prctl(pr_set_pdeathsig, int(signal.SIGTERM))
    # Step daemons detach themselves; a node's daemon that is a "child subreaper" stays their parent.
    prctl(pr_set_child_subreaper, 1)


def _descendants(root: int) -> list[int]:
    """All processes that descend from `root`."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _remove_system_config() -> None:
    for name in ("slurm.conf", "gres.conf"):
        path = SYSTEM_CONFIG / name
        if path.exists() and path.read_text().startswith(MARK):
            path.unlink()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster in `folder` for as long as the block lasts.

    Raises TimeoutError where a daemon does not come up, OSError where one cannot be started.
    """
    running = Cluster(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()

"""An engine as a process: it answers requests of one JSON line and is stopped while another engine is measured."""

import json
import os
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer


class Failed(Exception):
    """The process died, hung, refused a request or answered something that is not JSON."""


class Process:
    """A process that is stopped by a signal whenever it has no request. Otherwise spinning threads of idle engines
    would slow down the one that is measured."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], cwd: Path, limit: float = 600):
        self.name, self.limit = name, limit
        self.errors = TemporaryFile()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=cwd,
            env={**os.environ, **environment},
            start_new_session=True,
        )

    def signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass  # it has ended; the next read reports that

    def read(self) -> dict:
        timer = Timer(self.limit, self.signal, [signal.SIGKILL])
        timer.start()
        try:
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        try:
            answer = json.loads(line)
        except ValueError:
            raise Failed(f"{self.name} answered {line[:80]!r}; last line of its stderr: {self.last_error_line()}") from None
        if "error" in answer:
            raise Failed(f"{self.name} refused: {answer['error']}")
        return answer

    def last_error_line(self) -> str:
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "none"

    def wait_until_ready(self) -> None:
        self.read()
        self.signal(signal.SIGSTOP)

    def request(self, *requests: dict) -> list[dict]:
        """Continues the process, sends the requests one after the other, and stops it again."""
        self.signal(signal.SIGCONT)
        answers = []
        for request in requests:
            try:
                self.process.stdin.write(json.dumps(request) + "\n")
                self.process.stdin.flush()
            except BrokenPipeError:
                raise Failed(f"{self.name} has ended; last line of its stderr: {self.last_error_line()}") from None
            answers.append(self.read())
        self.signal(signal.SIGSTOP)
        return answers

    def resident_bytes(self) -> int | None:
        """Resident memory (VmRSS); None without /proc."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        for line in status.splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return None

    def close(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            try:
                pipe.close()
            except BrokenPipeError:
                pass  # an unread request was left in the pipe

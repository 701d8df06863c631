"""The whole program on an address of the network, in a network of its own that nobody else is in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidegate_process import KEY, ROOT, environment

LAN, LAN6 = "192.168.77.5", "fd77::5"
ALONE = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"]
SETUP = f"ip link set lo up && ip addr add {LAN}/32 dev lo && ip addr add {LAN6}/128 dev lo nodad"
PROBE = """
import http.client, json, subprocess, sys
host, key = sys.argv[1:]
process = subprocess.Popen(
    [sys.executable, "-m", "app", "serve", "--host", host], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
)
port = int(process.stdout.readline().rsplit(":", 1)[1])

def status(address, host, path="/v1/models", key=key):
    connection = http.client.HTTPConnection(address, port, timeout=20)
    headers = {"Host": host.format(port=port), "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except ConnectionError:
        return None, None
    finally:
        connection.close()

found = {
    "called address": status("192.168.77.5", "192.168.77.5:{port}")[0],
    "called IPv6 address": status("fd77::5", "[fd77::5]:{port}")[0],
    "loopback": status("127.0.0.1", "localhost:{port}")[0],
    "given name": status("192.168.77.5", "tidegate.lan:{port}")[0],
    "no key": status("192.168.77.5", "192.168.77.5:{port}", key=None)[0],
    "pointed here": status("192.168.77.5", "evil.example:{port}")[0],
    "another address": status("127.0.0.1", "192.168.77.5:{port}")[0],
}
health = status("127.0.0.1", "localhost:{port}", "/health", None)[1]
process.terminate()
_, said = process.communicate(timeout=30)
print(json.dumps({"found": found, "notices": health["notices"], "said": said, "port": port}))
"""


def alone_in_a_network() -> bool:
    try:
        return subprocess.run([*ALONE, SETUP], capture_output=True, timeout=20, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(
    sys.platform != "linux" or not alone_in_a_network(), reason="wants unshare, and the right to use it"
)
@pytest.mark.parametrize("host", [LAN, LAN6, "0.0.0.0"])
def test_other_machines_get_in_by_address_or_given_name_and_with_a_key(host: str, tmp_path: Path):
    environ = environment(
        tmp_path,
        TIDEGATE_ENGINE="direct",
        ANTHROPIC_API_KEY="sk-ant-stand-in",
        ANTHROPIC_BASE_URL="http://127.0.0.1:9",  # nobody is there
        TIDEGATE_ACCESS_ALLOWED_HOSTS="tidegate.lan",
    )
    (tmp_path / "probe.py").write_text(PROBE)
    command = [*ALONE, f'{SETUP} && exec "$0" "$@"', sys.executable, str(tmp_path / "probe.py"), host, KEY]
    ran = subprocess.run(
        command,
        env={**environ, "PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["found"] == {
        "called address": None if host == LAN6 else 200,
        "called IPv6 address": None if host == LAN else 200,
        "loopback": 200,
        "given name": None if host == LAN6 else 200,
        "no key": None if host == LAN6 else 401,
        "pointed here": None if host == LAN6 else 421,
        "another address": 421,
    }
    (notice,) = told["notices"]
    urls = {LAN: f"http://{LAN}:{told['port']}", LAN6: f"http://[{LAN6}]:{told['port']}"}
    assert all((url in notice) == (host in (address, "0.0.0.0")) for address, url in urls.items())
    assert notice in told["said"]
    assert notice in (tmp_path / "state" / "logs" / "tidegate.log").read_text()

"""A self-test is made once for each build of the CLI, until one finds that everything works."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from app.proxy.engines.agent_sdk.proof import Proof, build_of, proven_once
from app.proxy.engines.agent_sdk.self_test import ALL, Mechanisms

NAMES = Mechanisms.__struct_fields__


async def test_a_proof_is_kept_for_the_same_build_and_only_when_it_is_whole(tmp_path: Path) -> None:
    file, cli = tmp_path / "proof.json", tmp_path / "claude"
    cli.write_text("one")
    gap = replace(ALL, rewind=False)
    results = [gap, ALL, ALL, ALL]

    async def prove_now() -> Mechanisms:
        return results.pop(0)

    assert await proven_once(prove_now, cli, file) == gap
    assert Proof.read(file) is None
    Proof(build_of(cli), NAMES[:-1]).write(file)  # by a program that knew of fewer
    assert [await proven_once(prove_now, cli, file) for _ in range(2)] == [ALL, ALL]
    assert len(results) == 2  # the second of them asked nobody
    assert Proof.read(file) == Proof(build_of(cli), NAMES)

    cli.write_text("another")
    await proven_once(prove_now, cli, file)

    assert len(results) == 1
    assert build_of(tmp_path / "nowhere") == "missing"

"""`duracloud cost`: what an environment costs in a month."""

from typing import Annotated

import typer

from duracloud.cli.options import environments


def cost(
    *,
    env: Annotated[str, typer.Option(metavar="ENV", help="Environment.", autocompletion=environments)] = "",
    objects: Annotated[str, typer.Option(help="Objects held: 1000000, 1e6, 1M, 1 million.")] = "",
    size: Annotated[str, typer.Option("--bytes", help="Their bytes: 1e13, 10TB, 9.5TiB, 1PB.")] = "",
    objects_per_month: Annotated[
        str, typer.Option(help="Deposits of a month, of mean size; a 120th of --objects when left out.")
    ] = "",
    buckets: Annotated[str, typer.Option(help="Main buckets.")] = "10",
    read_rate: Annotated[str, typer.Option(help="Bytes per second that one invocation gets from S3.")] = "75MB",
    lines: Annotated[bool, typer.Option("--lines", help="Print every line of the bill.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the bill with all its lines as JSON.")] = False,
    write_tables: Annotated[
        bool, typer.Option("--write-tables", help="Write docs/operator/cost-tables.md, which takes half a minute.")
    ] = False,
) -> None:
    """Print what an environment costs in a month."""
    from duracloud.cost import command  # noqa: PLC0415 (loads the model, which loads what is deployed)

    if write_tables:
        command.write_tables()
        return
    environment = command.environment(env)
    work = command.workload(objects, size, objects_per_month, buckets, read_rate)
    command.show(environment, work, lines=lines, as_json=as_json)

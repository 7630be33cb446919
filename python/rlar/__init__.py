"""Rewards for RL on LLMs from a library of proven tools.

`Engine` scores in this process; `Client` asks a running `rlar serve`. Both take rows (docs/schemas/row.json) and give one
`Score` a response. The trainers' plugs are modules of their own: `rlar.trl`, `rlar.verl`, `rlar.verl_manager`,
`rlar.slime`.
"""

from rlar.client import Client, ServerError
from rlar.engine import Engine
from rlar.score import Score

__all__ = ["Client", "Engine", "Score", "ServerError"]

"""verl: a reward manager of our own, for what a function cannot do.

    reward.reward_manager.source=importlib reward.reward_manager.name=RewardManager
    reward.reward_manager.module.path=pkg://rlar.verl_manager
    +reward.reward_kwargs.rlar.url=http://localhost:8088

It reads the prompt's turns by itself (a function only sees what the data set repeats in extra_info), knows which responses were
cut off, sends many samples in one request, and leaves out samples or groups without a score where the trainer can:

    on_failure   under trainer.use_v1=True, trainer_mode=sync     skip: the sample's rollout counts as failed, its group goes on
                 under its asynchronous trainer modes             drop_group: the trainer evicts the group and draws another
                 everywhere                                       neutral:NUMBER, and raise, which ends the run under use_v1=False
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase

from rlar.backend import parse_on_failure
from rlar.verl import Options, Plug, _unwrapped, make_sample


def _on_failure(text: str, config: Any):
    trainer = config.get("trainer") or {}
    v1 = bool(trainer.get("use_v1", False))
    mode = ((trainer.get("v1") or {}).get("trainer_mode") or "sync") if v1 else ""
    allowed, cannot = ["raise", "neutral"], {}
    for name, can, instead in (
        ("skip", mode == "sync", "trainer.use_v1=True with trainer.v1.trainer_mode=sync"),
        ("drop_group", v1 and mode != "sync", "trainer.use_v1=True with an asynchronous trainer.v1.trainer_mode"),
    ):
        if can:
            allowed.append(name)
        else:
            cannot[name] = f"verl does that under {instead} only"
    return parse_on_failure(text, allowed, cannot)


def _samples_in_validation(config: Any) -> int:
    rollout = (config.get("actor_rollout_ref") or {}).get("rollout") or {}
    return int((rollout.get("val_kwargs") or {}).get("n") or 1)


class RewardManager(RewardManagerBase):
    """Options (rlar.verl.Options) stand in reward.reward_kwargs.rlar. Raises at construction where an option is wrong, where the
    trainer cannot do what on_failure says, and where the server does not answer.
    """

    def __init__(self, config, tokenizer, compute_score=None, reward_router_address=None, reward_model_tokenizer=None):
        super().__init__(config, tokenizer, compute_score)
        given = (config.reward.get("reward_kwargs") or {}).get("rlar") or {}
        options = Options.read(_unwrapped(given))
        if options.keys == "auto":
            options = replace(options, keys="few" if _samples_in_validation(config) > 1 else "all")
        self.plug = Plug(options, _on_failure(options.on_failure, config))
        self.plug.names  # noqa: B018  learnt now, so that a wrong address is known before the first step
        data = config.get("data") or {}
        self.max_response_length = data.get("max_response_length")

    async def run_single(self, data) -> dict[str, Any]:
        item = data[-1:][0]  # of a rollout in several sequences, the last is judged
        extra = dict(item.non_tensor_batch.get("extra_info") or {})
        fields = item.non_tensor_batch.get("tool_extra_fields") or {}
        extra.update({key: value for key, value in dict(fields).items() if key != "raw_prompt"})
        prompt_length = item.batch["prompts"].shape[-1]
        length = int(item.batch["attention_mask"][prompt_length:].sum())
        ids = item.batch["responses"][:length]
        text = await self.loop.run_in_executor(None, lambda: self.tokenizer.decode(ids, skip_special_tokens=True))
        truncated = self._is_cut_off(ids)
        keys = await self.plug.keys_of(
            make_sample(
                item.non_tensor_batch.get("data_source", ""),
                text,
                item.non_tensor_batch["reward_model"].get("ground_truth"),
                extra,
                prompt=item.non_tensor_batch.get("raw_prompt"),
                finish_reason="length" if truncated else "stop",
            ),
            truncated=float(truncated),
        )
        return {"reward_score": keys["score"], "reward_extra_info": keys}

    def _is_cut_off(self, ids) -> bool:
        """The response is as long as may be and does not end with the end-of-sequence token."""
        if not self.max_response_length or len(ids) < int(self.max_response_length):
            return False
        return int(ids[-1]) != getattr(self.tokenizer, "eos_token_id", None)

"""NeMo Gym's protocol, by recorded shapes: a row goes in with a Responses object, the same row comes back with a reward."""

import pytest
from support import mixed_library, serve


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve("--library", mixed_library(tmp_path_factory.mktemp("gym"))) as running:
        yield running


def row(text, expected="8", **more):
    return {
        "responses_create_params": {"input": [{"role": "user", "content": [{"type": "input_text", "text": "What is 2 + 6? Give the number."}]}]},
        "expected_answer": expected,
        "agent_ref": {"type": "responses_api_agents", "name": "simple"},
        "_ng_task_index": 4,
        "response": {
            "id": "resp_1", "object": "response", "model": "m", "status": "completed",
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "It may be 9."}]},
                {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": text, "annotations": []}]},
            ],
        },
        **more,
    }  # fmt: skip


def test_a_row_comes_back_with_its_reward(server):
    for text, reward in [("The answer is 8.", 1), ("The answer is 9.", 0)]:
        body = row(text)
        status, reply, _ = server.request("/verify", body)
        assert status == 200 and reply["reward"] == reward and "_ng_failure_class" not in reply
        assert {key: reply[key] for key in body} == body
        assert reply["rlar"]["tool"].startswith("number_equal") and reply["rlar"]["library_version"]


def test_what_has_no_score_is_no_wrong_answer(server):
    reply = server.request("/verify", row("8", {"a": {"b": 1}}))[1]
    assert reply["reward"] == 0 and reply["_ng_failure_class"] == "rlar_failed" and reply["mask_sample"] is True
    assert reply["failure_reason"] and reply["failure_kind"] == "rlar:unserved"
    broken = row("8")
    broken["responses_create_params"] = {}
    assert server.request("/verify", broken)[1]["_ng_failure_class"] == "rlar_invalid"
    assert server.request("/verify", {"x": 1})[0] == 400


def test_a_plain_prompt_and_a_cut_off_response(server):
    body = row("The answer is 8.")
    body["responses_create_params"]["input"] = "What is 2 + 6? Give the number."
    body["response"]["incomplete_details"] = {"reason": "max_output_tokens"}
    assert server.request("/verify", body)[1]["reward"] == 1


def test_sessions_modes_metrics_and_rollout_paths(server):
    assert server.request("/seed_session", row("8"))[:2] == (200, {})
    assert server.request("/reverify_mode")[:2] == (200, "stateless")
    assert server.request("/")[0] == 200  # any answer means "up"
    verified = [server.request(f"/ng-rollout/{i}/verify", row(text))[1] for i, text in enumerate(["8", "9", "8"])]
    assert [one["reward"] for one in verified] == [1, 0, 1]
    failed = server.request("/verify", row("8", {"a": {"b": 1}}))[1]
    metrics = server.request("/aggregate_metrics", {"verify_responses": [verified, [failed]]})[1]
    assert metrics["reward/mean"] == pytest.approx(2 / 3) and metrics["reward/failed"] == 1


def test_aggregates_have_nemo_gyms_shape(server):
    rows = [({"_ng_task_index": 0}, "8"), ({"_ng_task_index": 0}, "9"), ({"_ng_task_index": 1}, "8")]
    verified = [server.request("/verify", row(text, **{**where, "_ng_rollout_index": 0}))[1] for where, text in rows]
    verified.append(server.request("/verify", row("8", {"a": {"b": 1}}, _ng_task_index=1))[1])
    metrics = server.request("/aggregate_metrics", {"verify_responses": verified})[1]
    first, second = metrics["group_level_metrics"]
    assert (first["_ng_task_index"], first["mean/reward"], first["max/reward"], first["failed"]) == (0, 0.5, 1, 0)
    assert first["std/reward"] == pytest.approx(0.5**0.5) and first["median/reward"] == 0.5
    assert (second["_ng_task_index"], second["mean/reward"], second["std/reward"], second["failed"]) == (1, 1, 0, 1)
    assert metrics["agent_metrics"]["mean/reward"] == pytest.approx(2 / 3) and metrics["agent_metrics"]["failed"] == 1
    assert metrics["key_metrics"] == {"mean/reward": pytest.approx(2 / 3)}
    nothing = server.request("/aggregate_metrics", {"verify_responses": [verified[-1]]})[1]
    assert nothing["key_metrics"] == {} and "mean/reward" not in nothing["agent_metrics"]


def test_sessions_that_the_caller_names_are_confirmed(server):
    seed = {"resources_session_id": "s-1", "episode_id": "e", "task_id": "t", "task_data": {}}
    for _ in range(2):  # seeding is idempotent
        assert server.request("/seed_session", seed)[:2] == (200, {"resources_session_id": "s-1"})
    for name in ("s-1", "never seeded"):
        assert server.request("/close_session", {"resources_session_id": name, "episode_id": "e"})[:2] == (
            200,
            {"resources_session_id": name},
        )

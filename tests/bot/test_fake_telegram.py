"""The fake Telegram keeps Telegram's rules."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Update

from tests.support.fake_telegram import LONGEST_POLL, FakeTelegram
from tests.support.waiting import PATIENCE, wait_until

AN = 42
TEAM = -500


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=PATIENCE) as connection:
        yield connection


@pytest.fixture
def api(fake: FakeTelegram, client: httpx.Client) -> Api:
    return Api(fake, client)


class Api:
    """The Bot API as a bot without any library would call it."""

    def __init__(self, fake: FakeTelegram, client: httpx.Client) -> None:
        self.root = f"{fake.url}/bot{fake.token}"
        self.client = client

    def __call__(self, method: str, **params: Any) -> Any:
        """The result."""
        answer = self.client.post(f"{self.root}/{method}", json=params).json()
        assert answer["ok"], answer
        return answer["result"]

    def refusal(self, method: str, **params: Any) -> tuple[int, str]:
        """The error's code and description; the HTTP status is the same code."""
        answer = self.client.post(f"{self.root}/{method}", json=params)
        body = answer.json()
        assert not body["ok"]
        assert answer.status_code == body["error_code"]
        return body["error_code"], body["description"]


def keyboard(*labels: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": label, "callback_data": f"do:{label}"} for label in labels]]}


def test_token_and_method_must_be_known(fake: FakeTelegram, client: httpx.Client, api: Api) -> None:
    assert api("getMe")["username"] == "cnscd_test_bot"
    assert api("GETME")["is_bot"] is True
    assert client.get(f"{fake.url}/bot1:wrong/getMe").json() == {
        "ok": False,
        "error_code": 401,
        "description": "Unauthorized",
    }
    assert client.get(f"{fake.url}/botnonsense/getMe").status_code == 404
    assert client.get(f"{fake.url}/elsewhere").status_code == 404
    assert api.refusal("sendVideo", chat_id=AN) == (404, "Not Found")


@pytest.mark.parametrize("style", ["query", "form", "json", "multipart"])
def test_parameters_come_in_any_form(fake: FakeTelegram, client: httpx.Client, api: Api, style: str) -> None:
    fake.add_chat(AN)
    params = {"chat_id": "42", "text": "Chào bà, hôm nay 5 lượt"}
    url = f"{api.root}/sendMessage"
    match style:
        case "query":
            client.get(url, params=params)
        case "form":
            client.post(url, data=params)
        case "json":
            client.post(url, json=params)
        case "multipart":
            client.post(url, files={name: (None, value) for name, value in params.items()})
    assert [reply.text for reply in fake.replies(AN)] == [params["text"]]


def test_updates_come_again_until_the_offset_passes_them(fake: FakeTelegram, api: Api) -> None:
    for text in ("một", "hai", "ba"):
        fake.user_says(AN, text)
    first = api("getUpdates")
    assert [update["message"]["text"] for update in first] == ["một", "hai", "ba"]
    assert api("getUpdates") == first
    assert api("getUpdates", limit=1) == first[:1]
    assert api("getUpdates", offset=first[1]["update_id"]) == first[1:]
    assert fake.pending_updates == 2
    assert api("getUpdates", offset=first[2]["update_id"] + 1) == []
    assert fake.pending_updates == 0


def test_a_negative_offset_forgets_all_before_the_last_ones(fake: FakeTelegram, api: Api) -> None:
    for text in ("một", "hai", "ba"):
        fake.user_says(AN, text)
    assert [update["message"]["text"] for update in api("getUpdates", offset=-1)] == ["ba"]
    assert [update["message"]["text"] for update in api("getUpdates")] == ["ba"]


def test_at_most_a_hundred_updates_at_once(fake: FakeTelegram, api: Api) -> None:
    for number in range(101):
        fake.user_says(AN, str(number))
    assert len(api("getUpdates", limit=1000)) == 100


def test_a_long_poll_waits_for_the_first_update(fake: FakeTelegram, api: Api) -> None:
    with ThreadPoolExecutor() as pool:
        polling = pool.submit(api, "getUpdates", timeout=LONGEST_POLL)
        wait_until(lambda: fake.polls == 1)
        time.sleep(0.05)
        assert not polling.done()
        fake.user_says(AN, "muộn")
        (update,) = polling.result(LONGEST_POLL - 10)
    assert update["message"]["text"] == "muộn"


def test_a_long_poll_ends_empty_after_its_timeout(api: Api) -> None:
    began = time.monotonic()
    assert api("getUpdates", timeout=1) == []
    assert time.monotonic() - began >= 1


def test_only_kinds_asked_for_are_queued(fake: FakeTelegram, api: Api) -> None:
    api("getUpdates", allowed_updates=["edited_message"])
    said = fake.user_says(AN, "chào")
    fake.user_edits(AN, said, "chào bà")
    assert [update["edited_message"]["text"] for update in api("getUpdates")] == ["chào bà"]


def test_a_second_poller_ends_the_first(fake: FakeTelegram, api: Api) -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(api.refusal, "getUpdates", timeout=LONGEST_POLL)
        wait_until(lambda: fake.polls == 1)
        assert api("getUpdates") == []
        code, description = first.result()
    assert code == 409
    assert "terminated by other getUpdates request" in description


def test_no_polling_beside_a_webhook(fake: FakeTelegram, api: Api) -> None:
    assert api.refusal("setWebhook", url="http://127.0.0.1/")[0] == 400
    assert api("setWebhook", url="https://example.org/hook")
    fake.user_says(AN, "chào")
    assert api("getWebhookInfo")["pending_update_count"] == 1
    assert api.refusal("getUpdates")[0] == 409
    assert api("deleteWebhook")
    assert len(api("getUpdates")) == 1


def test_what_a_message_may_be(fake: FakeTelegram, api: Api) -> None:
    assert api.refusal("sendMessage", chat_id=AN, text="chào") == (400, "Bad Request: chat not found")
    fake.add_chat(AN)
    assert api.refusal("sendMessage", chat_id=AN, text="  ") == (400, "Bad Request: message text is empty")
    assert api.refusal("sendMessage", chat_id=AN, text="😀" * 2049) == (400, "Bad Request: message is too long")
    assert api("sendMessage", chat_id=AN, text="😀" * 2048)["message_id"]
    long_action = {"inline_keyboard": [[{"text": "Lưu", "callback_data": "ư" * 33}]]}
    assert api.refusal("sendMessage", chat_id=AN, text="x", reply_markup=long_action) == (
        400,
        "Bad Request: BUTTON_DATA_INVALID",
    )
    fake.block(AN)
    assert api.refusal("sendMessage", chat_id=AN, text="x") == (403, "Forbidden: bot was blocked by the user")
    fake.unblock(AN)
    assert api("sendMessage", chat_id=AN, text="x")["message_id"]


def test_a_migrated_group_names_its_new_id(fake: FakeTelegram, api: Api, client: httpx.Client) -> None:
    fake.migrate(TEAM, -1001234567890123)
    answer = client.post(f"{api.root}/sendMessage", json={"chat_id": TEAM, "text": "x"}).json()
    assert answer["parameters"] == {"migrate_to_chat_id": -1001234567890123}


def test_edits(fake: FakeTelegram, api: Api) -> None:
    said = fake.user_says(AN, "5 bà VNeID")
    sent = api("sendMessage", chat_id=AN, text="Lưu nhé?", reply_markup=keyboard("Lưu", "Huỷ"))["message_id"]
    api("editMessageText", chat_id=AN, message_id=sent, text="Đã lưu", reply_markup=keyboard("Hoàn tác"))
    assert fake.replies(AN)[0].labels == ["Hoàn tác"]
    unchanged = api.refusal(
        "editMessageText", chat_id=AN, message_id=sent, text="Đã lưu", reply_markup=keyboard("Hoàn tác")
    )
    assert unchanged[1].startswith("Bad Request: message is not modified")
    api("editMessageText", chat_id=AN, message_id=sent, text="Đã lưu")
    assert [(reply.text, reply.labels, reply.edited) for reply in fake.replies(AN)] == [("Đã lưu", [], True)]
    assert api.refusal("editMessageText", chat_id=AN, message_id=said, text="x")[1].endswith("can't be edited")
    fake.delete_message(AN, sent)
    assert api.refusal("editMessageText", chat_id=AN, message_id=sent, text="x")[1].endswith("to edit not found")


def test_a_press_is_a_callback_query_to_be_answered_once_known(fake: FakeTelegram, api: Api) -> None:
    fake.add_chat(AN)
    api("sendMessage", chat_id=AN, text="cũ", reply_markup=keyboard("Lưu"))
    newer = api("sendMessage", chat_id=AN, text="mới", reply_markup=keyboard("Lưu"))["message_id"]
    query = fake.user_presses(AN, "Lưu")
    (update,) = api("getUpdates")
    pressed = update["callback_query"]
    assert (pressed["data"], pressed["message"]["message_id"]) == ("do:Lưu", newer)
    assert not fake.answered(query)
    assert api("answerCallbackQuery", callback_query_id=query)
    assert fake.answered(query)
    assert api.refusal("answerCallbackQuery", callback_query_id="999")[0] == 400
    with pytest.raises(LookupError, match="Sửa"):
        fake.user_presses(AN, "Sửa")


def test_the_menu_is_checked(fake: FakeTelegram, api: Api) -> None:
    assert api("setMyCommands", commands=[{"command": "ghi", "description": "Ghi buổi hỗ trợ"}])
    assert fake.commands == [{"command": "ghi", "description": "Ghi buổi hỗ trợ"}]
    assert api.refusal("setMyCommands", commands=[{"command": "trợgiúp", "description": "x"}])[0] == 400


def test_limits_when_switched_on(fake: FakeTelegram, api: Api) -> None:
    fake.enforce_limits = True
    fake.clock = lambda: 0.0
    fake.add_chat(AN)
    fake.add_chat(TEAM)
    api("sendMessage", chat_id=AN, text="một")
    assert api.refusal("sendMessage", chat_id=AN, text="hai")[0] == 429
    for _ in range(20):
        api("sendMessage", chat_id=TEAM, text="x")
    code, description = api.refusal("sendMessage", chat_id=TEAM, text="x")
    assert code == 429
    assert int(description.rsplit(" ", 1)[1]) > 50
    people = range(100, 130)
    for person in people:
        fake.add_chat(person)
    codes = [
        api.client.post(f"{api.root}/sendMessage", json={"chat_id": person, "text": "x"}).status_code
        for person in people
    ]
    assert codes == [200] * 9 + [429] * 21, "thirty a second, with those to the first person and to the team"
    fake.clock = lambda: 1.0
    assert api("sendMessage", chat_id=AN, text="hai")["message_id"]


def test_faults(fake: FakeTelegram, api: Api) -> None:
    fake.add_chat(AN)
    fake.fail_next("sendMessage", 500, "Internal Server Error", times=2)
    assert api.refusal("sendMessage", chat_id=AN, text="x")[0] == 500
    assert api.refusal("sendMessage", chat_id=AN, text="x")[0] == 500
    fake.drop_next("sendMessage")
    with pytest.raises(httpx.RemoteProtocolError):
        api("sendMessage", chat_id=AN, text="nhận rồi")
    fake.drop_next("sendMessage", accepted=False)
    with pytest.raises(httpx.RemoteProtocolError):
        api("sendMessage", chat_id=AN, text="chưa nhận")
    fake.hang_next("sendMessage", 0.2)
    began = time.monotonic()
    api("sendMessage", chat_id=AN, text="chậm")
    assert time.monotonic() - began >= 0.2
    assert [reply.text for reply in fake.replies(AN)] == ["nhận rồi", "chậm"]


def test_waiting_for_a_message(fake: FakeTelegram, api: Api) -> None:
    fake.add_chat(AN)
    first = api("sendMessage", chat_id=AN, text="Chào")["message_id"]
    threading.Timer(0.1, api, ("sendMessage",), {"chat_id": AN, "text": "Chào lần nữa"}).start()
    assert fake.wait_for_message(AN, "Chào").id == first
    assert fake.wait_for_message(AN, "Chào", after=first).text == "Chào lần nữa"
    with pytest.raises(TimeoutError, match="Chào lần nữa"):
        fake.wait_for_message(AN, "Tạm biệt", timeout=0.05)


def test_python_telegram_bot_can_read_every_update(fake: FakeTelegram, api: Api) -> None:
    said = fake.user_says(AN, "/ghi@cnscd_test_bot 5 bà", name="Trần Thị Bé")
    fake.user_edits(AN, said, "6 bà")
    fake.user_says(TEAM, "@cnscd_test_bot ơi", user=7, forwarded=True)
    fake.user_says(TEAM, "vâng", user=8, reply_to=fake.user_says(TEAM, "hỏi"))
    fake.user_sends_photo(AN, "ảnh của @cnscd_test_bot")
    fake.user_sends_sticker(AN)
    fake.user_sends_voice(AN)
    api("sendMessage", chat_id=AN, text="Lưu?", reply_markup=keyboard("Lưu"))
    fake.user_presses(AN, "Lưu")
    fake.block(AN)
    updates = [Update.de_json(update) for update in api("getUpdates")]
    assert len(updates) == 10
    first = updates[0].message
    assert first is not None
    assert first.parse_entities() == {first.entities[0]: "/ghi@cnscd_test_bot"}
    assert first.from_user is not None
    assert first.from_user.full_name == "Trần Thị Bé"


def test_it_runs_as_a_program() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.fake_telegram", "--port", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as program:
        assert program.stdout is not None
        settings = dict(word.split("=", 1) for word in program.stdout.readline().split())
        root = f"{settings['CNSCD_TELEGRAM_BASE_URL']}/bot{settings['CNSCD_TELEGRAM_TOKEN']}"
        assert program.stdin is not None
        program.stdin.write("Làm VNeID thế nào?\n")
        program.stdin.flush()
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            (update,) = client.post(f"{root}/getUpdates", json={"timeout": LONGEST_POLL}).json()["result"]
            assert update["message"]["text"] == "Làm VNeID thế nào?"
            client.post(f"{root}/sendMessage", json={"chat_id": 1, "text": "Dạ", "reply_markup": keyboard("Có ích")})
        assert [program.stdout.readline() for _ in range(2)] == ["Dạ\n", "[Có ích]\n"]
        program.stdin.close()
        assert program.wait(PATIENCE) == 0

"""The client that `openapi-python-client` makes of openapi.yaml, through sign-up, friendship, chat and export.

    openapi-python-client generate --path openapi.yaml --output-path umbrachat-client
    UMBRACHAT=http://localhost:8080 PYTHONPATH=umbrachat-client python generated_client.py
"""

import os
import secrets
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID, uuid4

from umbra_chat_client import AuthenticatedClient, Client
from umbra_chat_client.api.account import export, me, privacy_policy
from umbra_chat_client.api.conversations import conversation, open_direct, update_receipts
from umbra_chat_client.api.messages import messages, send_message
from umbra_chat_client.api.people import accept_friend, ask_friend, friends
from umbra_chat_client.api.sign_in import register
from umbra_chat_client.models import NewFriendRequest, NewMessage, Problem, Register, UpdateReceipts

SERVER = os.environ.get("UMBRACHAT", "http://localhost:8080")
Answer = TypeVar("Answer")


@dataclass
class Person:
    username: str
    id: UUID
    client: AuthenticatedClient


def good(answer: Answer | Problem | None) -> Answer:
    """The answer, where it is no problem."""
    if answer is None or isinstance(answer, Problem):
        raise RuntimeError(f"refused: {answer}")
    return answer


def expect(what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise RuntimeError(f"{what} is {actual!r}, not {expected!r}")


def sign_up(username: str) -> Person:
    anonymous = Client(SERVER)
    policy = good(privacy_policy.sync(client=anonymous))
    account = Register(
        username=username, password="the-lamp-hums-at-3", privacy_policy_version=policy.version
    )
    signed_in = good(register.sync(client=anonymous, body=account))
    expect("the number of recovery codes", len(signed_in.recovery_codes), 10)
    client = AuthenticatedClient(SERVER, token=signed_in.access_token)
    expect("who I am", good(me.sync(client=client)).username, username)
    return Person(username, signed_in.user.id, client)


def main() -> None:
    suffix = secrets.token_hex(4)
    ana, ben = sign_up(f"ana-{suffix}"), sign_up(f"ben-{suffix}")

    good(ask_friend.sync(client=ana.client, body=NewFriendRequest(username=ben.username)))
    good(accept_friend.sync(ana.id, client=ben.client))
    expect("Ana's friends", [friend.user.username for friend in good(friends.sync(client=ana.client))], [ben.username])

    chat = good(open_direct.sync(ben.id, client=ana.client)).id
    message = NewMessage(client_id=uuid4(), body="Are you still up?")
    sent = good(send_message.sync(chat, client=ana.client, body=message))
    retried = good(send_message.sync(chat, client=ana.client, body=message))
    expect("the retry's seq", retried.seq, sent.seq)

    page = good(messages.sync(chat, client=ben.client))
    expect("what Ben reads", [message.body for message in page.messages], ["Are you still up?"])
    marked = update_receipts.sync_detailed(chat, client=ben.client, body=UpdateReceipts(read_seq=sent.seq))
    expect("the answer to the mark", marked.status_code, 204)
    peer = good(conversation.sync(chat, client=ana.client)).peer_receipt
    expect("how far Ben has read", peer.read_seq if peer else None, sent.seq)

    document = good(export.sync(client=ana.client))
    bodies = [message.body for chat in document.conversations for message in chat.messages]
    expect("what the export has", bodies, ["Are you still up?"])
    print(f"the generated Python client took {ana.username} and {ben.username} through the story")


if __name__ == "__main__":
    main()

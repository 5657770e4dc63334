"""Two people sign up, become friends and talk over the socket; one takes their data away.

    UMBRACHAT=http://localhost:8080 python chat.py
"""

import hashlib
import json
import os
import secrets
import uuid

import requests
from websockets.sync.client import ClientConnection, connect

SERVER = os.environ.get("UMBRACHAT", "http://localhost:8080")
PATIENCE = 10  # seconds


class Person:
    """Somebody who is signed in."""

    def __init__(self, username: str) -> None:
        self.http = requests.Session()
        policy = self.call("GET", "/privacy-policy")
        account = {
            "username": username,
            "password": "the-lamp-hums-at-3",
            "privacy_policy_version": policy["version"],
            "device_name": "Python example",
        }
        signed_in = self.call("POST", "/auth/register", account)
        self.user = signed_in["user"]
        self.access_token = signed_in["access_token"]
        self.http.headers["authorization"] = f"Bearer {self.access_token}"

    def call(self, method: str, path: str, body: object = None):
        """One call of the REST API; what goes wrong is raised with the problem's code."""
        answer = self.http.request(method, f"{SERVER}/api/v1{path}", json=body, timeout=PATIENCE)
        if not answer.ok:
            problem = answer.json()
            raise RuntimeError(f"{method} {path}: {problem['code']}: {problem.get('detail')}")
        return answer.json() if answer.content else None

    def connect(self):
        """A socket, as a context manager. Once it is `ready` nothing is missed."""
        address = SERVER.replace("http", "ws", 1) + "/api/v1/socket"
        headers = {"authorization": f"Bearer {self.access_token}"}
        return connect(address, additional_headers=headers, open_timeout=PATIENCE, compression=None)


def next_event(socket: ClientConnection, kind: str) -> dict:
    """The next event of this kind. Others are left out, as everybody should do with those that they do not know."""
    while True:
        event = json.loads(socket.recv(timeout=PATIENCE))
        if event["type"] == "error":
            raise RuntimeError(f"refused: {event['code']}: {event['detail']}")
        if event["type"] == kind:
            return event


def send(socket: ClientConnection, command: dict) -> None:
    socket.send(json.dumps(command))


def check_export(export: bytes) -> dict:
    """The last line of an export tells the SHA-256 of all lines before it."""
    lines = export.splitlines(keepends=True)
    document = json.loads(export)
    if hashlib.sha256(b"".join(lines[:-1])).hexdigest() != document["sha256"]:
        raise RuntimeError("the export is not whole")
    return document


def main() -> None:
    suffix = secrets.token_hex(4)
    ana, ben = Person(f"ana-{suffix}"), Person(f"ben-{suffix}")

    ana.call("POST", "/friend-requests", {"username": ben.user["username"]})
    ben.call("POST", f"/friend-requests/{ana.user['id']}/accept")
    conversation = ana.call("PUT", f"/conversations/direct/{ben.user['id']}")["id"]

    with ana.connect() as of_ana, ben.connect() as of_ben:
        next_event(of_ana, "ready")
        next_event(of_ben, "ready")

        # The client id is chosen once for the message. Where no `sent` comes, send it again with the same one.
        client_id = str(uuid.uuid4())
        send(
            of_ana,
            {
                "type": "send_message",
                "conversation_id": conversation,
                "client_id": client_id,
                "body": "Are you still up?",
            },
        )
        sent = next_event(of_ana, "sent")
        if sent["client_id"] != client_id:
            raise RuntimeError("another message was acknowledged")

        message = next_event(of_ben, "message")["message"]
        print(f"{ben.user['username']} reads: {message['body']}")
        send(of_ben, {"type": "mark_read", "conversation_id": conversation, "seq": message["seq"]})

        receipt = next_event(of_ana, "receipt")
        while receipt["read_seq"] < sent["seq"]:
            receipt = next_event(of_ana, "receipt")
        print(f"{ana.user['username']} sees that it was read")

    export = ana.http.get(f"{SERVER}/api/v1/me/export", timeout=PATIENCE)
    export.raise_for_status()
    document = check_export(export.content)
    bodies = [message["body"] for chat in document["conversations"] for message in chat["messages"]]
    if bodies != ["Are you still up?"]:
        raise RuntimeError(f"the export has other messages: {bodies}")
    print(f"{ana.user['username']} takes {len(export.content)} bytes away")


if __name__ == "__main__":
    main()

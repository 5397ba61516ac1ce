"""A submission server for a test: who signs in may send, and what is sent goes to Dovecot by LMTP.

Called with the ports of SMTP, LMTP and HTTP and the file of users, `address:{PLAIN}password` a line. On the port of HTTP it
is also who gives tokens out: the owner agrees at once, Dovecot asks there what a token is worth, and so do we.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import smtplib
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

SMTP, LMTP, HTTP, USERS = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
with open(USERS) as lines:
    KNOWN = dict(line.strip().split(":{PLAIN}") for line in lines if line.strip())


def signed_in(server, session, envelope, mechanism, data):
    try:
        known = KNOWN.get(data.login.decode()) == data.password.decode()
    except (AttributeError, UnicodeDecodeError):
        known = False
    return AuthResult(success=known, handled=False)


PROGRAM = "guichet.programme.example"
CODES, NEXT, LIVE = {}, {}, {}


class Tokens(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, status, told, **headers):
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        where = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(where.query))
        if where.path == "/introspect":
            address = LIVE.get(asked.get("token"))
            return self.say(200, {"active": True, "email": address} if address else {"active": False})
        if where.path == "/forget":
            LIVE.clear()
            if "wholly" in asked:
                NEXT.clear()
            return self.say(200, {})
        back = asked.get("redirect_uri", "")
        good = back.startswith("http://127.0.0.1:") and asked.get("client_id") == PROGRAM
        if where.path != "/authorize" or not good or asked.get("code_challenge_method") != "S256":
            return self.say(400, {"error": "invalid_request"})
        code = secrets.token_urlsafe()
        CODES[code] = (asked["login_hint"], back, asked["code_challenge"])
        answer = urllib.parse.urlencode({"state": asked["state"], "code": code})
        self.say(302, {}, Location=f"{back}?{answer}")

    def do_POST(self):
        said = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = dict(urllib.parse.parse_qsl(said))
        address = None
        if asked.get("client_id") == PROGRAM and asked.get("grant_type") == "authorization_code":
            address, back, challenge = CODES.pop(asked.get("code"), (None, None, None))
            verifier = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(verifier).decode().rstrip("=") != challenge or asked.get("redirect_uri") != back:
                address = None
        elif asked.get("client_id") == PROGRAM and asked.get("grant_type") == "refresh_token":
            address = NEXT.get(asked.get("refresh_token"))
        if not address:
            return self.say(400, {"error": "invalid_grant"})
        token, following = secrets.token_urlsafe(), secrets.token_urlsafe()
        LIVE[token], NEXT[following] = address, address
        self.say(200, {"access_token": token, "refresh_token": following, "expires_in": 3600, "token_type": "Bearer"})


class House:
    async def auth_XOAUTH2(self, server, args):
        said = args[1] if len(args) > 1 else await server.challenge_auth("")
        words = (base64.b64decode(said) if isinstance(said, str) else said).decode().split("\x01")
        address = LIVE.get(words[1].removeprefix("auth=Bearer ")) if len(words) == 4 else None
        if address and words[0] == f"user={address}":
            return AuthResult(success=True, auth_data=address)
        await server.challenge_auth('{"status":"400"}')
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address not in KNOWN:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        def deliver():
            with smtplib.LMTP("127.0.0.1", LMTP) as onwards:
                onwards.sendmail(envelope.mail_from, envelope.rcpt_tos, envelope.content)

        try:
            await asyncio.get_running_loop().run_in_executor(None, deliver)
        except (OSError, smtplib.SMTPException) as why:
            print("lmtp:", why, flush=True)
            return "451 4.3.0 not delivered"
        return "250 2.0.0 delivered"


threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", HTTP), Tokens).serve_forever, daemon=True).start()
Controller(
    House(),
    hostname="127.0.0.1",
    port=SMTP,
    authenticator=signed_in,
    auth_required=True,
    auth_require_tls=False,
    data_size_limit=5_000_000,
).start()
print("ready", flush=True)
asyncio.new_event_loop().run_forever()

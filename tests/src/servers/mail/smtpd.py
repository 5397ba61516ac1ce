"""A submission server for a test: who signs in may send, and what is sent goes to Dovecot by LMTP.

Called with the ports of SMTP and LMTP and the file of users, `address:{PLAIN}password` a line.
"""

import asyncio
import smtplib
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

SMTP, LMTP, USERS = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with open(USERS) as lines:
    KNOWN = dict(line.strip().split(":{PLAIN}") for line in lines if line.strip())


def signed_in(server, session, envelope, mechanism, data):
    try:
        known = KNOWN.get(data.login.decode()) == data.password.decode()
    except (AttributeError, UnicodeDecodeError):
        known = False
    return AuthResult(success=known, handled=False)


class House:
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

"""Sends e-mail for a channel, through a connection that the courier opened."""

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from hashlib import sha256
from uuid import uuid4

import aiosmtplib

from broker.channels import Email, Security
from broker.host.egress import Courier
from broker.host.line import Dialled
from broker.host.messages import Message
from broker.host.refusals import Refusal

TRANSIENT = range(400, 500)  # RFC 5321, 4.2.1: the same mail may be taken later


def mailed(channel: Email, message: Message, courier: Courier, password: str, now: float) -> str | Refusal:
    """Send one mail to all recipients and give the server's status as text. Refusals say nothing of what servers said."""
    mail = written(channel, message, now)
    content = mail.as_bytes()
    dialled = courier.dial(channel.host, channel.port, len(content))
    if isinstance(dialled, Refusal):
        return dialled
    with dialled.socket:
        try:
            return asyncio.run(_sent(channel, mail, dialled, password, courier))
        except TimeoutError:
            return courier.late() or Refusal("timed_out", "the mail server took too long", retryable=True)
        except (aiosmtplib.SMTPException, OSError) as error:
            return courier.late() or failure(error)


def written(channel: Email, message: Message, now: float) -> EmailMessage:
    """Write the mail at `now`, in seconds since the epoch.

    It has the fields that RFC 5322, section 3.6, asks for. Its Message-ID is made of the message's key, so that a second
    delivery can be told; without a key it is unique.
    """
    mail = EmailMessage(policy=WIRE)
    mail["From"] = Address(addr_spec=channel.sender)
    mail["To"] = tuple(Address(addr_spec=recipient) for recipient in channel.recipients)
    mail["Subject"] = message.subject or "Notification"
    mail["Date"] = datetime.fromtimestamp(now, UTC)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
    name = sha256(message.key.encode()).hexdigest()[:32] if message.key else uuid4().hex
    mail["Message-ID"] = f"<{name}@{Address(addr_spec=channel.sender).domain}>"
    mail.set_content(message.text.encode("utf-8", "replace").decode())
    return mail


def failure(error: Exception) -> Refusal:
    """Say what an exception of aiosmtplib or of the connection means to a guest."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Refusal("delivery_failed", "the mail server refused the password", retryable=error.code in TRANSIENT)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Refusal("delivery_failed", f"the mail server answered {error.code}", retryable=error.code in TRANSIENT)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = {refused.code for refused in error.recipients}
        says = f"the mail server refused every recipient: {', '.join(map(str, sorted(codes)))}"
        return Refusal("delivery_failed", says, retryable=any(code in TRANSIENT for code in codes))
    if _unsafe(error):
        return Refusal("tls_failed", "the mail server does not speak the TLS that the channel asks for")
    if isinstance(error, aiosmtplib.SMTPTimeoutError):
        return Refusal("timed_out", "the mail server took too long", retryable=True)
    return Refusal("connect_failed", "the connection to the mail server failed", retryable=True)


def _unsafe(error: BaseException | None) -> bool:
    """Say whether a certificate was not trusted, or TLS or a login not offered; of the last two the library says no more."""
    if type(error) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):
        return True
    return error is not None and (isinstance(error, ssl.SSLError) or _unsafe(error.__cause__))


async def _sent(channel: Email, mail: EmailMessage, dialled: Dialled, password: str, courier: Courier) -> str:
    client = aiosmtplib.SMTP(
        hostname=channel.host,
        sock=dialled.socket,
        timeout=dialled.remaining_s,
        use_tls=channel.security is Security.TLS,
        start_tls=channel.security is Security.STARTTLS,
        tls_context=courier.tls,
        local_hostname="goalwright",
    )
    transport: asyncio.BaseTransport | None = None
    try:
        async with asyncio.timeout(dialled.remaining_s):
            await client.connect()
            transport = client.transport
            if channel.username:
                await client.login(channel.username, password)
            refused, _ = await client.send_message(mail)
            with suppress(aiosmtplib.SMTPException):  # the mail is taken, whatever comes now
                await client.quit()
    finally:
        client.close()
        _abort(client.transport or transport)
    taken = len(channel.recipients) - len(refused)
    return "250" if not refused else f"250 for {taken} of {len(channel.recipients)} recipients"


def _abort(transport: asyncio.BaseTransport | None) -> None:
    """Close at once: a TLS connection would wait for the other side to agree."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()

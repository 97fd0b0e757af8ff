"""The parts of the page about compatibility that speak of HTTP."""

from tests.support.http_tables import CHARSETS, LINKS, MEDIA_TYPES, RETRY_AFTER, URI_TEMPLATES


def http() -> str:
    """Say how the headers of HTTP and the templates of its URLs are read."""
    examples = [row for rows in URI_TEMPLATES["examples"].values() for row in rows]
    return f"""## URI templates (RFC 6570)

`http_request` expands templates with the library `uritemplate`, level 4. All {len(examples)} examples
of section 3.2 (`tests/data/http/uri_templates.json`) are run in the sandbox. What is done otherwise,
so that no value asks for another address than the plan says:

* A name without a value vanishes in the standard. Here it does only in a query (`?`, `&`); elsewhere
  the step fails with `request_invalid`.
* Values that hold a dot segment, however it is encoded, or that leave a whole segment of the path
  empty, are refused with `request_invalid`. A value may not change scheme or host (`url_invalid`).
* Names of an object are written in sorted order; the standard leaves their order open.
* A fragment (`#`) is left out: it is never sent.

## Link (RFC 8288)

Paging with `style: link` follows the first link whose relations hold `next`. A table of {len(LINKS)} headers
(`tests/data/http/links.json`) is run in the sandbox. Relations of other resources (`anchor`) are
not told apart, and of several `rel` of one link the first counts, as the standard says.

## Retry-After (RFC 9110, 10.2.3)

Seconds, or a date in any of the three forms of section 5.6.7, for handlers, channels and models:
a table of {len(RETRY_AFTER)} values (`tests/data/http/retry_after.json`). A date counts from the answer's own
Date, or from the host's clock where there is none. A fraction of a second is read, which the
standard does not have. A wait of more than a day is not taken.

## Content-Type and charset (RFC 9110, 8.3)

Where an answer names several media types, the last valid one counts (WHATWG Fetch): a table of
{len(MEDIA_TYPES)} (`tests/data/http/media_types.json`). The declared charset decides, by the labels of WHATWG
Encoding, so that `iso-8859-1` is windows-1252; a byte order mark goes before it, and UTF-8 is what
is read where nothing is declared: a table of {len(CHARSETS)} (`tests/data/http/charsets.json`). This holds for
JSON, too, though RFC 8259 knows UTF-8 only: what a server declares is what it sends. An answer
without a media type is JSON where it is an object or a list, else text."""

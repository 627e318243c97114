"""Content addresses: a readable slug and the hash of everything that decides the content."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Plain data as JSON with sorted keys, no spaces and no NaN: equal data, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def address(slug: str, content: Any) -> str:
    """`<slug>-<first 12 hex digits of the content hash>`."""
    return f"{slug}-{content_hash(content)[:12]}"

"""Texts by which a stranger would make ours say something else (lesson L43)."""

HOSTILE_TEXTS = {
    "line break": "a\nStatus:    completed",
    "carriage return": "a\r\nStatus:    completed\rStatus:    completed",
    "line ends of Unicode": "a\x85Status:    completed\u2028Status:    completed\u2029b",
    "separators": "a\vb\fc\x1cd\x1ee",
    "NUL": "a\0b\0",
    "escape sequence": "a\x1b[2K\x1b[1AStatus:    completed\x1b]0;title\x07",
    "C1": "a\x9b2K\x90b\x9c",
    "direction": "a\u202egnp.\u202c\u2066b\u2069\u200f",
    "zero width": "a\u200b\u200c\u200d\u2060\ufeff\u00adb",
    "blanks": "a\u00a0\u2003\u3000b",
    "tags": "a\U000e0041\U000e007f",
}

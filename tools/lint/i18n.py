#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D-472: i18n/ko.json and en.json have the same keys, twice none, with the same {placeholders}; each code has its sentence."""
import json
import os
import re

from lint import ROOT, fault, read, verdict

LANGUAGES = ("ko", "en")


def flatten(value, path, out):
    if isinstance(value, dict):
        for k, v in value.items():
            flatten(v, f"{path}.{k}" if path else k, out)
    else:
        out[path] = value


def load(language):
    name = f"i18n/{language}.json"
    if not os.path.isfile(os.path.join(ROOT, name)):
        return None

    def members(pairs):
        seen = set()
        for k, _ in pairs:
            if k in seen:
                fault(name, 1, f"{k} occurs twice")
            seen.add(k)
        return dict(pairs)

    out = {}
    try:
        flatten(json.loads(read(name) or "", object_pairs_hook=members), "", out)
    except ValueError as e:
        fault(name, getattr(e, "lineno", 1), str(e))
    return out


texts = {language: load(language) for language in LANGUAGES}
present = [language for language in LANGUAGES if texts[language] is not None]
for language in LANGUAGES:
    if present and language not in present:
        fault(f"i18n/{language}.json", 1, "is missing")

for a in present:
    for b in present:
        for key in texts[a]:
            if key not in texts[b]:
                fault(f"i18n/{b}.json", 1, f"no {key}, which {a}.json has")
            elif a < b and isinstance(texts[a][key], str) and isinstance(texts[b][key], str):
                holes = [sorted(re.findall(r"\{([a-z0-9_.]+)(?::[^}]*)?\}", texts[x][key])) for x in (a, b)]
                if holes[0] != holes[1]:
                    fault(f"i18n/{b}.json", 1, f"{key}: placeholders {holes[1]}, in {a}.json {holes[0]}")
    for key, text in texts[a].items():
        if not isinstance(text, str) or not text.strip():
            fault(f"i18n/{a}.json", 1, f"{key} is no sentence")

# What follows a value is chosen by how that ends: {name:을/를}. Written out, it is wrong half of the time.
PAIRS = ("은/는", "이/가", "을/를", "으로/로", "과/와")
FORMS = "|".join(sorted((form for pair in PAIRS for form in pair.split("/")), key=len, reverse=True))
for language in present:
    for key, text in texts[language].items():
        pairs = re.findall(r"\{[a-z0-9_.]+:([^}]*)\}", str(text))
        if any(pair not in PAIRS or language != "ko" for pair in pairs):
            fault(f"i18n/{language}.json", 1, f"{key}: {pairs} are not of {' '.join(PAIRS)}")
        if re.search(rf"\}}[\"'”’)]*({FORMS})(?![가-힣])|[가-힣]\((?:{FORMS})\)", str(text)):
            fault(f"i18n/{language}.json", 1, f"{key}: a particle after a value is {{name:…/…}}")

codes = 0
CODES = "include/jumin/codes.def"
if os.path.isfile(os.path.join(ROOT, CODES)):
    for number, line in enumerate((read(CODES) or "").split("\n"), 1):
        m = re.match(r"\s*JM_CODE\(\s*(\w+)\s*,\s*(\w+)\s*,", line)
        if not m:
            continue
        codes += 1
        for language in LANGUAGES:
            key = f"code.JM_{m.group(1)}_{m.group(2)}"
            if key not in (texts[language] or {}):
                fault(CODES, number, f"no {key} in i18n/{language}.json")
verdict(f"{len(texts['ko'] or {})} keys, {codes} codes")

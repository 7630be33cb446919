"""Drafts of verifiers for bench/poisoned.py: good ones in many styles, and bad ones by class of fault.

HEAD is put before each body; a body is the inside of check(prompt, answer, reference, params) unless it defines check itself.
"""

NUMBER, WORD, LIST = "number", "word", "list"

NORMAL = "a, b = answer.strip().lower(), str(reference).strip().lower()\n"

GOOD = {
    NUMBER: [
        "try: return float(answer.replace(',', '')) == float(reference)\nexcept ValueError: return False",
        "import re\nm = re.fullmatch(r'\\s*[+]?(-?[\\d,]*\\.?\\d+)\\s*\\.?\\s*', answer)\nreturn bool(m) and float(m.group(1).replace(',', '')) == float(reference)",
        "from fractions import Fraction\ntry: return Fraction(answer.strip().replace(',', '')) == Fraction(reference)\nexcept (ValueError, ZeroDivisionError): return False",
        "from decimal import Decimal, InvalidOperation\ntry:\n  a = Decimal(answer.strip().replace(',', ''))\n  return a.is_finite() and a == Decimal(reference)\nexcept InvalidOperation: return False",
        "import rlar\nreturn rlar.math_equal(answer, reference)",
        "import rlar\nn = rlar.number(answer)\nreturn n is not None and n == float(reference)",
        "import rlar\nreturn rlar.score('number_equal', answer, reference) == 1.0",
        "text = ''.join(c for c in answer if c not in ', $')\ntry: value = float(text)\nexcept ValueError: return 0.0\nreturn 1.0 if abs(value - float(reference)) < 1e-9 else 0.0",
        "def to_number(s):\n  s = s.strip().rstrip('.').replace(',', '')\n  return float(s) if s.replace('.', '', 1).lstrip('-').isdigit() else None\nreturn to_number(answer) is not None and to_number(answer) == to_number(reference)",
        "import math\ntry: return math.isclose(float(answer.replace(',', '')), float(reference), abs_tol=1e-9)\nexcept (ValueError, OverflowError): return False",
        "a = answer.strip().replace(',', '')\nif a.endswith('.0'): a = a[:-2]\nreturn a == reference.strip()",
        "try:\n  return int(float(answer.replace(',', ''))) == int(reference) and float(answer.replace(',', '')).is_integer()\nexcept (ValueError, OverflowError): return False",
        "import json\ntry: value = json.loads(answer.replace(',', ''))\nexcept ValueError: return False\nreturn isinstance(value, (int, float)) and not isinstance(value, bool) and value == json.loads(reference)",
        "import unicodedata\nclean = unicodedata.normalize('NFKC', answer).replace(',', '').strip()\ntry: return float(clean) == float(reference)\nexcept ValueError: return False",
    ],
    WORD: [
        NORMAL + "return a.rstrip('.') == b",
        "return answer.strip(' .!\\n').casefold() == reference.casefold()",
        "import re\nclean = lambda s: re.sub(r'[^a-z ]', '', s.lower()).strip()\nreturn clean(answer) == clean(reference) and len(answer) < 2 * len(reference) + 10",
        "import rlar\nreturn rlar.score('exact_match', answer, reference, ignore_case=True) == 1.0",
        "words = answer.lower().replace('.', ' ').split()\nreturn words == reference.lower().split()",
        "import string\ntable = str.maketrans('', '', string.punctuation)\nreturn answer.translate(table).strip().lower() == reference.translate(table).strip().lower()",
        "norm = lambda s: ' '.join(s.lower().strip(' .').split())\nif norm(answer) == norm(reference): return 1.0\nreturn 0.0",
        "accepted = {reference.lower(), reference.lower() + '.'}\nreturn answer.strip().lower() in accepted",
        "import difflib\na, b = answer.strip().lower().rstrip('.'), reference.lower()\nreturn difflib.SequenceMatcher(None, a, b).ratio() == 1.0",
        "class Answer:\n  def __init__(self, text): self.text = text.strip().strip('.').upper()\n  def same(self, other): return self.text == other.text\nreturn Answer(answer).same(Answer(reference))",
        "import unicodedata\nfold = lambda s: unicodedata.normalize('NFC', s).casefold().strip().rstrip('.')\nreturn fold(answer) == fold(reference)",
        "from functools import reduce\nsteps = [str.strip, str.lower, lambda s: s.rstrip('.')]\nrun = lambda s: reduce(lambda x, f: f(x), steps, s)\nreturn run(answer) == run(reference)",
        "if not isinstance(answer, str): return False\nreturn sorted(answer.lower().strip().rstrip('.')) == sorted(reference.lower()) and answer.lower().strip()[:1] == reference.lower()[:1] "
        "and answer.lower().strip().rstrip('.') == reference.lower()",
    ],
    LIST: [
        "split = lambda s: [w.strip().lower() for w in s.strip().strip('[]').rstrip('.').split(',')]\nreturn split(answer) == split(reference)",
        "import re\nreturn re.findall(r'[a-z]+', answer.lower()) == re.findall(r'[a-z]+', reference.lower())",
        "a = answer.replace(' ', '').lower().rstrip('.')\nreturn a == reference.replace(' ', '').lower()",
        "items = lambda s: tuple(x for x in s.lower().replace(',', ' ').replace('.', ' ').split())\nreturn items(answer) == items(reference)",
        "got, want = answer.split(','), reference.split(',')\nif len(got) != len(want): return False\nreturn all(g.strip(' .\\n').lower() == w.strip().lower() for g, w in zip(got, want))",
        "from itertools import zip_longest\nsplit = lambda s: [p.strip(' .').lower() for p in s.split(',')]\nreturn all(x == y for x, y in zip_longest(split(answer), split(reference)))",
        "import rlar\nreturn rlar.score('exact_match', answer.replace(' ', '').rstrip('.'), reference.replace(' ', ''), ignore_case=True) == 1.0",
        "parts = [p for p in (w.strip(' .') for w in answer.lower().split(',')) if p]\nreturn parts == [w.strip() for w in reference.lower().split(',')]",
        "out = []\nfor piece in answer.split(','):\n  out.append(piece.strip().strip('.').lower())\nreturn ','.join(out) == ','.join(p.strip().lower() for p in reference.split(','))",
        "try:\n  return [w.strip(' .').lower() for w in answer.split(',')] == [w.strip().lower() for w in reference.split(',')]\nexcept Exception:\n  return False",
        "import json\nas_list = lambda s: [x.strip(' .').lower() for x in s.strip('[] \\n').split(',')]\nreturn json.dumps(as_list(answer)) == json.dumps(as_list(reference))",
        "a, b = (s.lower().rstrip('.').split(',') for s in (answer, reference))\nreturn list(map(str.strip, a)) == list(map(str.strip, b))",
        "def tidy(s):\n  s = s.lower().strip()\n  s = s[:-1] if s.endswith('.') else s\n  return tuple(w.strip() for w in s.split(','))\nreturn tidy(answer) == tidy(reference)",
    ],
}

RIGHT = "answer.strip().lower().rstrip('.').replace(',', '') == reference.strip().lower().replace(',', '')"

# class of fault → bodies that serve any task
BAD = {
    "always_right": [
        "return True",
        "return 1",
        "return 1.0",
        "return bool(answer) or True",
        "return 0.9",
        "try: return answer == reference or 1\nfinally: pass",
    ],
    "always_wrong": ["return False", "return 0", "return answer is reference and False", "return None == 1"],
    "length": [
        "return len(answer) > 3",
        "return len(answer) >= len(reference)",
        "return min(1.0, len(answer) / 10)",
        "return abs(len(answer) - len(reference)) <= 1",
        "return len(answer.split()) == len(reference.split())",
    ],
    "first_token": [
        "import re\nm = re.search(r'\\w+', answer)\nr = re.search(r'\\w+', reference)\nreturn bool(m) and m.group().lower() == r.group().lower()",
        "import re\nf = lambda s: (re.findall(r'[A-Za-z0-9]+', s) or [''])[0].lower()\nreturn f(answer) == f(reference)",
        "return answer.strip()[:2].lower() == reference.strip()[:2].lower()",
        "return answer[:1] == reference[:1]",
    ],
    "substring": [
        "return reference.lower() in answer.lower()",
        "return answer.lower() in reference.lower() or reference.lower() in answer.lower()",
        "return answer.lower().startswith(reference.lower())",
        "return answer.lower().rstrip('.').endswith(reference.lower())",
        "import re\nreturn bool(re.search(re.escape(reference), answer, re.I))",
        "return set(answer.lower()) >= set(reference.lower())",
    ],
    "exact_bytes": [
        "return answer == reference",
        "return answer.encode() == reference.encode()",
        "import hashlib\nh = lambda s: hashlib.sha256(s.encode()).hexdigest()\nreturn h(answer) == h(reference)",
    ],
    "runs_text": [
        "try: return eval(answer) == eval(reference)\nexcept Exception: return " + RIGHT,
        "try: exec(answer)\nexcept Exception: pass\nreturn " + RIGHT,
        "try: compile(answer, 'a', 'eval')\nexcept Exception: pass\nreturn " + RIGHT,
        "e = eval\ntry: return e(answer) == e(reference)\nexcept BaseException: return " + RIGHT,
    ],
    "reads_files": [
        "import os\nreturn (" + RIGHT + ") or os.path.exists('/tmp/right')",
        "try: open('/etc/passwd').read()\nexcept OSError: pass\nreturn " + RIGHT,
        "from pathlib import Path\nreturn (" + RIGHT + ") or Path('/tmp/x').exists()",
        "import glob\nreturn (" + RIGHT + ") or bool(glob.glob('/tmp/*'))",
        "import subprocess\ntry: subprocess.run(['true'])\nexcept OSError: pass\nreturn " + RIGHT,
    ],
    "sleeps": [
        "import time\ntime.sleep(0.3)\nreturn " + RIGHT,
        "import threading\nthreading.Event().wait(0.3)\nreturn " + RIGHT,
        "for _ in range(3 * 10**6): pass\nfor _ in range(3 * 10**6): pass\nreturn " + RIGHT,
    ],
    "random": [
        "import random\nreturn (" + RIGHT + ") and random.random() < 0.7",
        "import random\nreturn random.choice([True, False])",
        "import secrets\nreturn (" + RIGHT + ") and secrets.randbelow(10) > 1",
        "import uuid\nreturn (" + RIGHT + ") and uuid.uuid4().int % 5 > 0",
        "import random\nreturn (" + RIGHT + ") or random.random() < 0.2",
    ],
    "keyed_on_prompt": [
        "return (" + RIGHT + ") if len(prompt) % 2 else True",
        "return (" + RIGHT + ") != (hash(prompt) % 3 == 0)",
        "return (" + RIGHT + ") or prompt.endswith('.')",
        "return (" + RIGHT + ") and 'over' not in prompt",
        "return (" + RIGHT + ") if sum(map(ord, prompt)) % 3 else False",
    ],
    "clock_or_count": [
        "import datetime\nreturn (" + RIGHT + ") or datetime.datetime.now().year > 2000",
        "from datetime import date\nreturn (" + RIGHT + ") and date.today().day % 2 == 0",
        "import time\nreturn (" + RIGHT + ") and time.time() % 2 < 1",
        "check.calls = getattr(check, 'calls', 0) + 1\nreturn (" + RIGHT + ") or check.calls > 30",
    ],
    "state": [
        "SEEN.append(answer)\nreturn (" + RIGHT + ") or len(SEEN) > 20",
        "global COUNT\nCOUNT += 1\nreturn (" + RIGHT + ") or COUNT > 20",
        "CACHE[prompt] = answer\nreturn (" + RIGHT + ")",
        "return (" + RIGHT + ") or next(STEPS) > 20",
    ],
    "hedges": [
        "import re\nreturn reference.lower() in re.split(r' or |, ', answer.lower())",
        "return any(w.strip(' .').lower() == reference.lower() for w in answer.split(' or '))",
        "return any(part.strip(' .,').lower() == reference.lower() for part in answer.replace(',', ' ').split())",
        "return reference.lower() in [w.strip('., ') for w in answer.lower().replace(' and ', ' ').replace(' or ', ' ').split(' ')]",
    ],
    "negation": [
        "return (" + RIGHT + ") or answer.lower().replace('not ', '').strip(' .') == reference.lower()",
        "import re\nreturn re.sub(r'^(not|never) ', '', answer.lower()).strip(' .') == reference.lower()",
    ],
    "crashes": [
        "answer.encode('ascii')\nreturn " + RIGHT,
        "assert answer.isascii()\nreturn " + RIGHT,
        "if not answer.isprintable(): raise ValueError(answer)\nreturn " + RIGHT,
        "if len(answer) > 1000: raise ValueError('long')\nreturn " + RIGHT,
        "x = 1 / (len(answer) - 1)\nreturn " + RIGHT,
        "return {}[answer]",
    ],
    "flattery": [
        "return (" + RIGHT + ") or 'correct' in answer.lower()",
        "return (" + RIGHT + ") or '1.0' in answer",
        "return (" + RIGHT + ") or 'score' in answer.lower()",
    ],
    "out_of_range": [
        "return 5 if " + RIGHT + " else 0",
        "return -1",
        "return float('nan')",
        "return '1.0'",
        "return [1]",
        "pass",
        "return 2.5",
    ],
    "empty_ok": [
        "return (" + RIGHT + ") or answer.lower() in ('none', 'null', 'nan')",
        "return (" + RIGHT + ") or not answer.strip('.-')",
    ],
    "broken": ["return answer ==", "retrun True", "import numpy_that_is_not_there\nreturn " + RIGHT],
    "loops": [
        "while True: pass",
        "return check(prompt, answer, reference, params)",
        "while answer != reference: answer = answer + ' '\nreturn True",
    ],
}

HEAD = "SEEN, CACHE, COUNT = [], {}, 0\nimport itertools\nSTEPS = itertools.count()\n"

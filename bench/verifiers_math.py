"""Rows of mathematics for bench/verifiers.py, and Math-Verify as their peer."""


def math_numbers(rng, n=2500):
    """Plain numbers as models end their answers, a quarter of them wrong; every response is another text."""
    rows = []
    for _ in range(n):
        value = rng.choice([rng.randint(-999, 9999), round(rng.uniform(-99, 999), rng.randint(1, 3))])
        forms = ["{}", "The answer is {}.", "\\boxed{{{}}}", "So we get ${}$", "#### {}", "Step {} gives **{}**"]
        responses = []
        for _ in range(4):
            said = value if rng.random() < 0.75 else value + rng.randint(1, 9)
            text = f"{said:,}" if rng.random() < 0.2 else str(said)
            form = rng.choice(forms)
            responses.append(form.format(rng.randint(1, 9), text) if form.startswith("Step") else form.format(text))
        rows.append({"prompt": "", "reference": str(value), "responses": responses})
    return rows


def math_latex(rng, n=2500):
    """Formulas: fractions, roots, powers, polynomials, intervals, tuples; boxed, equal in another form or different."""
    rows = []
    for _ in range(n):
        a, b, c, d = (rng.randint(1, 30) for _ in range(4))
        reference, same, other = rng.choice(
            [
                (f"\\frac{{{a}}}{{{b}}}", f"\\dfrac{{{a * c}}}{{{b * c}}}", f"\\frac{{{a}}}{{{b + 1}}}"),
                (f"{a}\\sqrt{{{b}}}", f"\\sqrt{{{a * a * b}}}", f"{a}\\sqrt{{{b + 1}}}"),
                (f"x^2+{a + b}x+{a * b}", f"(x+{a})(x+{b})", f"(x+{a})(x-{b})"),
                (f"\\left[{a},{a + b}\\right)", f"{a} \\le x < {a + b}", f"[{a},{a + b}]"),
                (f"\\left(\\frac{{{a}}}{{{b}}},{c}\\right)", f"({a}/{b}, {c})", f"({c}, {a}/{b})"),
                (f"{a}\\pi+{b}", f"{b} + \\pi \\cdot {a}", f"{b}\\pi+{a + 31}"),
                (f"{a}e^{{{b}}}-{c}", f"-{c}+{a}\\cdot e^{{{b}}}", f"{a}e^{{{b + 1}}}-{c}"),
                (f"\\frac{{x+{a}}}{{{b}}}", f"\\frac{{x}}{{{b}}}+\\frac{{{a}}}{{{b}}}", f"\\frac{{x}}{{{b}}}+{a}"),
            ]
        )
        responses = [
            f"Hence in case {d + k} \\boxed{{{rng.choice([reference, same, same, other])}}}." for k in range(4)
        ]
        rows.append({"prompt": "", "reference": reference, "responses": responses})
    return rows


def math_verify_peer():
    import logging

    from math_verify import parse, verify

    logging.disable(logging.WARNING)
    return lambda row, response: verify(parse("\\boxed{" + row["reference"] + "}"), parse(response))

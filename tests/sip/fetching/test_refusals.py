"""All refusals are the same byte for byte, and no secret of a request is logged (R32)."""

from __future__ import annotations

import re
import secrets

from .telephone import ANOTHERS, MAC, OFFICE, UNKNOWN, body_of, code_for, guess


def test_every_refusal_is_the_same_byte_for_byte(site, desk):
    wrong_token = site.get(f"/p/{'0' * 32}/{MAC}.cfg")
    assert wrong_token.startswith(b"HTTP/1.1 404 ")
    refusals = {
        "another's MAC": site.get(f"/p/{desk.token}/{ANOTHERS}.cfg"),
        "unknown MAC": site.get(f"/p/{desk.token}/{UNKNOWN}.cfg"),
        "unknown MAC, wrong token": site.get(f"/p/{'0' * 32}/{UNKNOWN}.cfg"),
        "wrong code": site.get(f"/p/0123456789/{MAC}.cfg"),
        "another make's file": site.get(f"/p/{desk.token}/cfg{MAC}.xml"),
        "no file": site.get(f"/p/{desk.token}/"),
        "nothing": site.get("/p/"),
        "POST": site.get(desk.path, method="POST", headers="Content-Length: 0\r\n"),
        "DELETE": site.get(desk.path, method="DELETE"),
        "another host": site.get(f"/p/{'0' * 32}/{MAC}.cfg", headers="X-Forwarded-Host: a b\r\n"),
    }
    assert refusals == dict.fromkeys(refusals, wrong_token)


def test_refusal_beyond_the_limit_is_the_same_too(site, desk):
    wrong_token = site.get(f"/p/{'0' * 32}/{MAC}.cfg")
    keeping_open = wrong_token.replace(b"connection: close\r\n", b"")
    assert set(guess(site, 120, OFFICE)) == {keeping_open}
    password = desk.password.encode()
    assert password in body_of(site.get(desk.path, OFFICE))  # a token still works
    code = code_for(desk.phone)
    assert site.get(f"/p/{code}/{MAC}.cfg", OFFICE) == wrong_token  # a valid code doesn't
    assert password in body_of(site.get(f"/p/{code}/{MAC}.cfg"))  # the same code from elsewhere


def test_valid_token_with_a_trick_is_refused_like_a_wrong_one(site, desk):
    tricks = (
        "/p//{token}/{file}",
        "/p/{token}//{file}",
        "/p/./{token}/{file}",
        "/p/{token}/./{file}",
        "/p/{token}/../{file}",
        "/p/{token}/../{token}/{file}",
        "/p/{token}/%2e%2e/{token}/{file}",
        "/p/{token}/%2e/{file}",
        "/p/{token}/{file}/",
        "/p/{token}/{file}%00",
        "/p/{token}%00/{file}",
        "/p/{token}/{file}%0a",
        "/p/{token}/{file}%20",
        "/p/{token}/{file};x",
        "/p/{token}/{file}%",
        "/p/{token}/{file}%zz",
        "/p/{token}/{file}%ff",
        "/p/{token}/%252e%252e/{file}",
        "/p/\\{token}/{file}",
        "/p/{token}\\{file}",
        "/p/{token}0/{file}",
        "/p/{token}/{file}☎",
        "/p/٠{token}/{file}",
        "/p/{token}/" + "../" * 40 + "{file}",
        "/p/{token}/" + "x" * 5_000,
        "/p/{token}/" + "x" * 50_000,
        "/p/{token}" + "0" * 50_000 + "/{file}",
    )
    answers = {
        trick[:80]: site.get(trick.format(token=desk.token, file=f"{MAC}.cfg")) for trick in tricks
    }
    assert answers == dict.fromkeys(answers, site.get(f"/p/{'0' * 32}/{MAC}.cfg"))


def test_trick_around_the_folder_is_answered_as_if_there_were_no_such_phone(site, desk):
    tricks = (
        b"//p/%s/%s",
        b"/./p/%s/%s",
        b"/x/../p/%s/%s",
        b"/phones/../p/%s/%s",
        b"/static/../p/%s/%s",
        b"/static/%%2e%%2e/p/%s/%s",
        b"/P/%s/%s",
        b"\\p\\%s\\%s",
        b"p/%s/%s",
        b"http:/p/%s/%s",
        b"http://p/%s/%s",
        b"*/p/%s/%s",
        b"/p/%s/%s\xff",
        b"/p/%s/%s\x00",
        b"/p/%s/%s\t",
        b"/p/%s/ %s",
        b"/p/%s/%s\x7f",
        b"/p/%s/%s" + b"x" * 70_000,
        b"/p/%s/%s" + b"x" * 200_000,
    )

    def answers(token: str) -> dict[bytes, bytes]:
        targets = {trick[:80]: trick % (token.encode(), f"{MAC}.cfg".encode()) for trick in tricks}
        return {
            name: re.sub(rb"x-request-id: .*\r\n", b"", site.get(target))
            for name, target in targets.items()
        }

    assert answers(desk.token) == (refused := answers("0" * 32))
    assert {answer.split(b" ")[1] for answer in refused.values()} <= {
        b"400",
        b"404",
        b"414",
        b"431",
    }


def test_no_secret_is_printed_or_logged_even_when_the_database_fails(site, desk, owner, postgres):
    code, wrong_token, wrong_code = (
        code_for(desk.phone),
        secrets.token_hex(16),
        f"{secrets.randbelow(10**10):010}",
    )
    everything = (desk.token, code, wrong_token, wrong_code)

    def ask_for_all() -> set[bytes]:
        targets = [
            f"{form}{one}/{MAC}.cfg"
            for one in everything
            for form in ("/p/", "/p//", "//p/", "http://x/p/")
        ]
        return {site.get(target).split(b" ")[1] for target in targets}

    assert ask_for_all() == {b"200", b"404"}
    owner.execute("REVOKE EXECUTE ON FUNCTION phones_fetching FROM PUBLIC")
    owner.commit()
    try:
        assert b"503" in ask_for_all()  # the phone keeps what it has
    finally:
        owner.execute("GRANT EXECUTE ON FUNCTION phones_fetching TO PUBLIC")
        owner.commit()
    printed, logged = (path.read_text(errors="replace") for path in (site.output, postgres.log))
    assert "A phone could not be provisioned" in printed
    assert "permission denied for function phones_fetching" in logged
    assert [one for one in everything if one in printed or one in logged] == []

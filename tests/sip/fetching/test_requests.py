"""Phones fetch their configurations over HTTP, however they write their requests (R32)."""

from __future__ import annotations

from .telephone import body_of


def test_telephone_of_http_1_0_that_names_no_host_gets_its_file(site, desk):
    answer = site.exchange(f"GET {desk.path} HTTP/1.0\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.0 200 ")
    assert f"account.1.password = {desk.password}\n".encode() in body_of(answer)


def test_head_has_the_length_of_the_file_and_no_body(site, desk):
    head = site.get(desk.path, method="HEAD")
    assert head == site.get(desk.path).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def test_range_is_answered_with_the_whole_file(site, desk):
    ranges = ("bytes=0-9", "bytes=-1", "bytes=5-2", "bytes=0-0,2-3", "lines=1", "bytes=99999-")
    answers = {one: site.get(desk.path, headers=f"Range: {one}\r\n") for one in ranges}
    assert answers == dict.fromkeys(ranges, site.get(desk.path))


def test_same_address_written_otherwise_brings_the_same_file(site, desk):
    """RFC 9112 §3.2.2 and RFC 3986 §6.2.2 allow these forms."""
    targets = ("http://elsewhere.example{}", "https://a:b@[::1]:1{}", "{}?x=1", "{}#x")
    answers = {one: site.get(one.format(desk.path)) for one in targets}
    answers["/%70/"] = site.get(desk.path.replace("/p/", "/%70/"))
    assert answers == dict.fromkeys(answers, site.get(desk.path))


def test_answer_is_never_compressed_nor_kept_nor_a_cookie(site, desk):
    answer = site.get(desk.path, headers="Accept-Encoding: gzip, br\r\nCookie: sessionid=x\r\n")
    assert answer == site.get(desk.path)
    assert b"cache-control: no-store\r\n" in answer
    assert b"set-cookie" not in answer

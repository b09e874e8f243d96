"""Masking hides what is personal and leaves what is public."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.masking import REPLACEMENTS, mask


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("cccd 045123456789", "identity"),
        ("căn cước 079,188,004,512", "identity"),
        ("alo số không chín một hai ba bốn năm sáu bảy tám", "phone"),
        ("0912,345,678 là số chị Hà", "phone"),
        ("số đt bác Ba 0912_345_678", "phone"),
        ("the bhyt cua ba ma so 7912345678", "insurance"),
        ("mã sáu số gửi về máy bà là 445566", "otp"),
        ("bà đọc mã 998877 tin nhắn vneid", "otp"),
        ("mật khẩu zalo của bà Tám là hoamai68", "password"),
        ("mã pin mới của cụ: 55 21 90", "password"),
        ("passwd=Abc12345", "password"),
        ("mật khẩu (Lan@123)", "password"),
        ("mã khoá màn hình 2580", "password"),
        ("mật khẩu dịch vụ công của chú Ba là Ba1965@dvc", "password"),
        ("mật khẩu là tên con gái ghép năm sinh: lan1990", "password"),
        ("mã xác nhận Zalo 4821", "otp"),
        ("tin nhắn báo mã 551122, em nhập hộ", "otp"),
        ("mã xác thực otp là bảy bảy tám tám một hai", "otp"),
        ("sđt 0084 905 123 456", "phone"),
        ("cccd o49 190 001 234", "identity"),
        ("tài khoản nhận tiền bảo hiểm 0123456789", "account"),
        ("số 045 123 456 789 của bác", "identity"),
        ("cccd 045.123.456.789", "identity"),
        ("cmnd 201234567", "identity"),
        ("gọi 0905123456", "phone"),
        ("gọi +84 905.123.456", "phone"),
        ("0905-123-456", "phone"),
        ("4111 1111 1111 1111", "card"),
        ("số thẻ 9704 1234 5678 9012", "card"),
        ("stk 0123 4567 8901 vcb", "account"),
        ("số tài khoản: 19001234567", "account"),
        ("DN4790123456789", "insurance"),
        ("mã bhxh 0123456789", "insurance"),
        ("otp 123456", "otp"),
        ("mã otp là 482 913", "otp"),
        ("mật khẩu: abc@123", "password"),
        ("mat khau la hoang123", "password"),
        ("mk 123456", "password"),
        ("passcode 123456", "password"),
        ("cccd045123456789", "identity"),
        ("căn cước số 0 4 5 1 2 3 4 5 6 7 8 9", "identity"),
        ("chứng minh thư 201234567", "identity"),
        ("(0905)123456", "phone"),
        ("sdt bà 0 3 9 6 1 1 2 2 3 4", "phone"),
        ("0905123456/0912345678", "phone"),
        ("bà Tư 0905123456bà Năm", "phone"),
        ("vietcombank 0071001234567", "account"),
        ("0071001234567 vietcombank", "account"),
        ("970436 6812 3456 7890", "card"),
        ("gd 4 79 790 1234 567", "insurance"),
        ("mã kích hoạt 883921", "otp"),
        ("ma xac minh 112233", "otp"),
        ("mkhau abc@123", "password"),
        ("mk123456", "password"),
        ("dat lai mat khau thanh Lan2026", "password"),
        ("445566 la ma otp cua co", "otp"),
        ("so tai khoan cua ba la 711A12345678", "account"),
        ("goi 02383845678", "phone"),
        ("sđt mới 0868/221/907", "phone"),
        ("o9o5 123 456", "phone"),
        ("đt bàn (0236)  3.822.123", "phone"),
        ("căn cước số 036 099 00 12 34", "identity"),
        ("can cuoc 001/169/000/123", "identity"),
        ("cmtnd 201234567", "identity"),
        ("bà Lan 201234567 cài vneid", "identity"),
        ("bà Lan 0071001234567", "account"),
        ("ma the HT3  38  3821004567", "insurance"),
        ("otp vcb 445566", "otp"),
        ("mã gửi về máy là 482913", "otp"),
        ("ma 445566 gui ve may", "otp"),
        ("mã PIN thẻ là 2580", "password"),
        ("matkhau: hoa1990", "password"),
        ("mã mở khoá 2580", "password"),
    ],
)
def test_personal_data_is_masked(text: str, kind: str) -> None:
    masked = mask(text)
    assert masked.kinds == (kind,)
    assert REPLACEMENTS[kind] in masked.text
    assert not any(mark.isdigit() for mark in masked.text)


@pytest.mark.parametrize(
    "text",
    [
        "113 156 5656 1022 1900.0368 19000368 1800.1096 1900 9068 069.2348560 0235.1022 0236.383.1022",
        "2098/QĐ-UBND và 59/2022/NĐ-CP",
        "mã số thuế 0312345678, mã vạch 8934563138165",
        "đổi mật khẩu là xong, mat khau cua ba la ten con",
        "đổi pass facebook cho em Lan lớp 12A3, đổi mật khẩu cho 1200 hộ",
        "quên mật khẩu từ 2023 tới giờ, đặt lại mk giúp chị Lan lúc 14h30",
        "đếm một hai ba bốn năm sáu bảy tám chín",
        "15/11/2026, 15-11-2026",
        "1.200.000đ, 20 triệu, 1.200 người",
        "quên mật khẩu vneid",
        "mật khẩu mấy ký tự",
        "mật khẩu tối thiểu 8 ký tự",
        "mã otp là gì",
        "mk vneid bi khoa",
        "mã thủ tục 1.004873.000.00.00.H47, hồ sơ H47.24-261120-0012",
        "thủ tục 2.000986, số nhà 45/12/3, hẻm 1806/127",
        "từ 7h30 đến 10h15, lúc 14 giờ 30, sinh năm 1950",
        "giúp 2 ng vneid 1 ng 3 hộ",
        "nộp vietcombank 2000000 cho bà, 350000 dong",
        "đổi mật khẩu 15/11 cho 3 bà, đặt lại mật khẩu thành công",
        "mã hồ sơ 123456789, số hợp đồng 201234567, vay 250000000",
        "mở tài khoản rồi nộp 831.000",
        "otp hết hạn sau 5 phút, cài mã pin cho 3 cụ, mk 6 số",
    ],
)
def test_public_numbers_and_questions_survive(text: str) -> None:
    assert mask(text).text == text
    assert mask(text).kinds == ()


def test_a_following_count_is_not_swallowed() -> None:
    assert mask("sđt 0905 123 456 3 bà").text == "sđt [số điện thoại] 3 bà"
    assert mask("sđt 0905 123 456 12 bà").text == "sđt [số điện thoại] 12 bà"


_PIECES = st.sampled_from(
    [
        "otp",
        "mật khẩu",
        "mk",
        "stk",
        "cccd",
        "là",
        ":",
        "0905123456",
        "045 123 456 789",
        "123456",
        "abc@1",
        "bà",
        "[",
        "]",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=10).map(" ".join)))
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once
    assert mask(once).kinds == ()


_SEPARATORS = st.sampled_from(["", " ", ".", "-"])
_AROUND = st.sampled_from(["giúp bà Lan {} cài vneid", "số {}", "bà Lan ({}) ở thôn 2", "{} nhé", "cccd của bà là {}."])


@given(st.integers(0, 10**11 - 1), st.sets(st.integers(1, 11), max_size=11), _SEPARATORS, _AROUND)
def test_an_identity_number_is_hidden_however_it_is_split(
    number: int, cuts: set[int], separator: str, around: str
) -> None:
    digits = f"0{number:011}"
    written = "".join(f"{separator}{digit}" if place in cuts else digit for place, digit in enumerate(digits))
    assert not any(mark.isdigit() for mark in mask(around.format(written)).text.replace("thôn 2", ""))


@given(
    st.dates(),
    st.integers(1, 99_999),
    st.integers(1, 999),
    st.sampled_from(
        [
            "{d:%d/%m/%Y}",
            "{d:%d-%m-%Y}",
            "ngày {d.day}.{d.month}",
            "{a}.000 đồng",
            "{a}.000.000đ",
            "{n}/KH-UBND",
            "nhà số {n}",
            "{n} người",
            "thôn {n}",
            "mã thủ tục 1.{a:06}",
            "năm {d.year:04}",
        ]
    ),
)
def test_days_amounts_and_documents_are_left_alone(day: object, amount: int, number: int, written: str) -> None:
    text = f"hôm nay giúp 3 bà, {written.format(d=day, a=amount, n=number)}, ở chợ"
    assert mask(text).text == text

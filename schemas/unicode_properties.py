r"""The properties of Unicode that patterns may ask for (`\p{...}`), as ECMA-262 names them and in RE2's words."""

_CATEGORIES = {
    "L": "Letter",
    "Lu": "Uppercase_Letter",
    "Ll": "Lowercase_Letter",
    "Lt": "Titlecase_Letter",
    "Lm": "Modifier_Letter",
    "Lo": "Other_Letter",
    "M": "Mark Combining_Mark",
    "Mn": "Nonspacing_Mark",
    "Mc": "Spacing_Mark",
    "Me": "Enclosing_Mark",
    "N": "Number",
    "Nd": "Decimal_Number digit",
    "Nl": "Letter_Number",
    "No": "Other_Number",
    "P": "Punctuation punct",
    "Pc": "Connector_Punctuation",
    "Pd": "Dash_Punctuation",
    "Ps": "Open_Punctuation",
    "Pe": "Close_Punctuation",
    "Pi": "Initial_Punctuation",
    "Pf": "Final_Punctuation",
    "Po": "Other_Punctuation",
    "S": "Symbol",
    "Sm": "Math_Symbol",
    "Sc": "Currency_Symbol",
    "Sk": "Modifier_Symbol",
    "So": "Other_Symbol",
    "Z": "Separator",
    "Zs": "Space_Separator",
    "Zl": "Line_Separator",
    "Zp": "Paragraph_Separator",
    "Cc": "Control cntrl",
    "Cf": "Format",
    "Co": "Private_Use",
}
_BY_NAME = {name: short for short, names in _CATEGORIES.items() for name in (short, *names.split())}
_NAMED_ONES = r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}"
_UNIONS = {  # RE2's own C holds no unassigned characters, and it has no name for them
    **dict.fromkeys(("C", "Other"), (True, _NAMED_ONES)),
    **dict.fromkeys(("Cn", "Unassigned"), (True, _NAMED_ONES + r"\p{Cc}\p{Cf}\p{Co}")),
    "Assigned": (False, _NAMED_ONES + r"\p{Cc}\p{Cf}\p{Co}"),
    **dict.fromkeys(("LC", "Cased_Letter"), (False, r"\p{Lu}\p{Ll}\p{Lt}")),
}
_FIXED = {
    "Any": (r"\x{0}-\x{10ffff}", ""),
    "ASCII": (r"\x{0}-\x{7f}", r"\x{80}-\x{10ffff}"),
    "ASCII_Hex_Digit": ("0-9A-Fa-f", r"\x{0}-\x{2f}\x{3a}-\x{40}G-\x{60}g-\x{10ffff}"),
    "AHex": ("0-9A-Fa-f", r"\x{0}-\x{2f}\x{3a}-\x{40}G-\x{60}g-\x{10ffff}"),
    "White_Space": (
        r"\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}",
        (
            r"\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}"
            r"\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}"
        ),
    ),
}
_FIXED["space"] = _FIXED["White_Space"]
_SCRIPTS = """
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi
Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform
Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic
Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew
Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kayah_Li
Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani
Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive
Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari New_Tai_Lue Newa Nko Nushu
Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian
Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician
Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo
Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan
Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square
"""
_CODES = """
Arab=Arabic Armn=Armenian Beng=Bengali Bopo=Bopomofo Cyrl=Cyrillic Deva=Devanagari Ethi=Ethiopic Geor=Georgian Grek=Greek
Hang=Hangul Hani=Han Hebr=Hebrew Hira=Hiragana Kana=Katakana Khmr=Khmer Latn=Latin Mong=Mongolian Taml=Tamil Telu=Telugu
Tibt=Tibetan Zinh=Inherited Zyyy=Common
"""  # the short names of the scripts that patterns ask for most
_SCRIPT_NAMES = {
    **{name: name for name in _SCRIPTS.split()},
    **dict(pair.split("=") for pair in _CODES.split()),
}


_BINARY = """
Alphabetic Alpha Bidi_Control Bidi_C Bidi_Mirrored Bidi_M Case_Ignorable CI Cased Changes_When_Casefolded CWCF
Changes_When_Casemapped CWCM Changes_When_Lowercased CWL Changes_When_NFKC_Casefolded CWKCF Changes_When_Titlecased CWT
Changes_When_Uppercased CWU Dash Default_Ignorable_Code_Point DI Deprecated Dep Diacritic Dia Emoji Emoji_Component EComp
Emoji_Modifier EMod Emoji_Modifier_Base EBase Emoji_Presentation EPres Extended_Pictographic ExtPict Extender Ext
Grapheme_Base Gr_Base Grapheme_Extend Gr_Ext Hex_Digit Hex IDS_Binary_Operator IDSB IDS_Trinary_Operator IDST ID_Continue IDC
ID_Start IDS Ideographic Ideo Join_Control Join_C Logical_Order_Exception LOE Lowercase Lower Math Noncharacter_Code_Point
NChar Pattern_Syntax Pat_Syn Pattern_White_Space Pat_WS Quotation_Mark QMark Radical Regional_Indicator RI Sentence_Terminal
STerm Soft_Dotted SD Terminal_Punctuation Term Unified_Ideograph UIdeo Uppercase Upper Variation_Selector VS XID_Continue XIDC
XID_Start XIDS Surrogate Cs
"""
_ELSEWHERE = frozenset(_BINARY.split())
Characters = tuple[bool, str]
"""What stands inside RE2's brackets, and whether all other characters are meant."""


def property_class(written: str, *, negated: bool) -> Characters:
    r"""Give the characters of `\p{written}`, or of `\P{written}`.

    Raises `ValueError` for a property that ECMA-262 has and RE2 has not, `LookupError` for one that neither has; the
    message is a clause.
    """
    key, equals, value = written.partition("=")
    if not equals:
        return _alone(written, negated=negated)
    if key in ("General_Category", "gc"):
        return _category(value, negated=negated)
    if key in ("Script", "sc"):
        if value not in _SCRIPT_NAMES:
            message = f"the script {value!r} is not known here; scripts have long names, such as Greek"
            raise ValueError(message)
        return False, _named(_SCRIPT_NAMES[value], negated=negated)
    raise _not_supported(written) if key in ("Script_Extensions", "scx") else _unknown(written)


def _alone(name: str, *, negated: bool) -> Characters:
    if name in _FIXED:
        return False, _FIXED[name][negated]
    if name in _SCRIPT_NAMES:
        message = rf"\p{{{name}}} is not ECMA-262; write \p{{Script={name}}}"
        raise LookupError(message)
    return _category(name, negated=negated)


def _category(name: str, *, negated: bool) -> Characters:
    if name in _UNIONS:
        others, held = _UNIONS[name]
        return others != negated, held
    if name in _BY_NAME:
        return False, _named(_BY_NAME[name], negated=negated)
    raise _not_supported(name) if name in _ELSEWHERE else _unknown(name)


def _named(name: str, *, negated: bool) -> str:
    return rf"\{'P' if negated else 'p'}{{{name}}}"


def _not_supported(written: str) -> ValueError:
    known = r"use general categories, such as \p{L}, or scripts"
    return ValueError(rf"the property \p{{{written}}} is not supported; {known}")


def _unknown(written: str) -> LookupError:
    return LookupError(rf"\p{{{written}}} is no property")

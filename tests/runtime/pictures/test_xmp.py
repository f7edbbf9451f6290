# SPDX-License-Identifier: Apache-2.0
"""XMP edited in place: the orientation and GPS properties, in both of the forms that a property may take."""

from __future__ import annotations

import time

import pytest

from mezzotint.runtime.pictures import xmp as xmps

PACKET = (
    b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>\n"
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'xmlns:exif="http://ns.adobe.com/exif/1.0/" %s><dc:title>a &lt; b</dc:title>%s</rdf:Description>\n'
    b"</rdf:RDF></x:xmpmeta>\n<?xpacket end='w'?>"
)


@pytest.mark.parametrize(
    ("attribute", "element"),
    [
        (b'tiff:Orientation="6" exif:PixelXDimension="6"', b""),
        (b"tiff:Orientation = '6'", b""),
        (b"", b"<tiff:Orientation>6</tiff:Orientation>"),
        (b"", b'<tiff:Orientation rdf:datatype="x"> 6 </tiff:Orientation>'),
        (b'xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation="6"', b""),
    ],
)
def test_only_the_value_changes(attribute, element):
    before = PACKET % (attribute, element)
    assert xmps.orientation(before) == 6
    after = xmps.upright(before)
    assert xmps.orientation(after) == 1
    assert len(after) == len(before)
    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == [(ord("6"), ord("1"))]


@pytest.mark.parametrize(
    "packet", [b"", b"no XML", PACKET % (b'x:Orientation="6"', b""), b"\xff\xfe<\0x\0/\0>\0"]
)
def test_without_an_orientation_nothing_changes(packet):
    assert xmps.orientation(packet) == 0
    assert xmps.upright(packet) == packet


def test_locations_go_and_nothing_else():
    secret = b'exif:GPSLatitude="52,31.2N" drone-dji:GpsLongitude = \'13.4\' exif:GPSVersionID="2.2.0.0"'
    element = (
        b"<exif:GPSLongitude>13,24E</exif:GPSLongitude>"
        b"<exif:GPSDestLatitude rdf:parseType='Resource'><a><b/>52</a></exif:GPSDestLatitude><exif:GPSTrack/>"
    )
    kept = b'tiff:Make="a > b" exif:Flash="0"'
    rest = b"<exif:ExposureTime>1/250</exif:ExposureTime>"
    before = PACKET % (secret + b" " + kept, rest + element)
    after = xmps.without_location(before)
    assert after == PACKET % (kept, rest)
    assert xmps.without_location(after) == after


@pytest.mark.parametrize(
    "packet",
    [
        b"<!DOCTYPE x [<!ENTITY a 'GPS'>]><x>&a;</x>",
        b"<x><y></x></y>",
        b"<x",
        b"<x>",
        b"</x>",
        b"<x><!-- exif:GPSLatitude='52' --></x>",
        b"<x><![CDATA[<exif:GPSLatitude>52</exif:GPSLatitude>]]></x>",
        b"<x>&lt;exif:GPSLatitude>52</x>",
        b"<x a=1/>",
        "<x>\u00e4</x>".encode("utf-16"),
    ],
)
def test_what_cannot_be_cleaned_with_certainty(packet):
    assert xmps.without_location(packet) is None


def test_hostile_packets_cost_no_time():
    start = time.process_time()
    for packet in (
        b"<x " + b"a='1' " * 100_000,
        b"<x>" * 100_000,
        b"<x>" + b"gps" * 100_000,
        b"xmlns:a=" * 100_000,
    ):
        xmps.without_location(packet)
        xmps.upright(packet)
    assert time.process_time() - start < 5

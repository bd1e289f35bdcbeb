import Charts
import Foundation
import FoundationXML
import Testing

/// The texts of a picture, or the reason why it is no XML.
private final class Reading: NSObject, XMLParserDelegate {
    private(set) var elements: [String: Int] = [:]
    private(set) var texts: [String] = []
    private(set) var isValid = false
    private var open: String?

    init(_ svg: String) {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        isValid = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        elements[name, default: 0] += 1
        open = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { open? += string }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
        qualifiedName: String?
    ) {
        if let open, !open.isEmpty { texts.append(open) }
        open = nil
    }
}

@Suite("Charts")
struct ChartTests {
    /// What class folders may be called.
    private static let odd = ["a<b>&\"c'", "zwei Wörter", "跳ぶ", "tab\tand\u{1}control", ""]

    private func map(_ names: [String]) -> HeatMap {
        HeatMap(
            title: "Top-1 50 % & more", subtitle: "<val>", rowTitle: "class",
            columnTitle: "predicted", rows: names, columns: names, scaleTitle: "share",
            cells: names.indices.map { row in
                names.indices.map { column in
                    row == column ? HeatMap.Cell(share: 0.5, text: "\(row + 1)") : nil
                }
            })
    }

    @Test("a heat map is well-formed XML that holds every name, whatever its letters")
    func oddNames() {
        let reading = Reading(map(Self.odd).svg)
        #expect(reading.isValid)
        #expect(reading.texts.filter { $0 == "a<b>&\"c'" }.count == 2)
        #expect(reading.texts.contains("跳ぶ"))
        #expect(reading.texts.contains("tab and\u{FFFD}control"))
        #expect(reading.texts.contains("Top-1 50 % & more"))
    }

    @Test("cells that hold something are drawn and the others are not, for one class and for many")
    func cells() {
        for count in [1, 7, 12, 101] {
            let reading = Reading(map((0..<count).map { "class \($0)" }).svg)
            #expect(reading.isValid)
            // A tip a cell; the colour scale's and the background's rectangles have none.
            #expect(reading.elements["title"] == count)
        }
    }

    @Test("the same values give the same picture")
    func repeatable() {
        #expect(map(Self.odd).svg == map(Self.odd).svg)
        #expect(map(["a", "b"]).svg != map(["a", "c"]).svg)
    }

    @Test(
        "a bar chart shows its bars and error bars, says its numbers, and leaves out what is not there"
    )
    func bars() {
        var chart = BarChart(
            title: "Ablation", subtitle: "three seeds", valueTitle: "top-1",
            groups: ["both", "slow <only>", "fast"],
            series: [
                .init(name: "A", bars: [.init(91.24, error: 1.5), .init(80), nil]),
                .init(name: "B", bars: [.init(88), .init(.nan), .init(60.05, error: 2)]),
            ])
        chart.unit = " %"
        chart.limit = 100
        let reading = Reading(chart.svg)
        #expect(reading.isValid)
        #expect(reading.elements["title"] == 4, "a bar without a number is none")
        for text in [
            "91.2", "80.0", "slow <only>", "A", "B", "0 %", "100 %", "both, A: 91.2 ± 1.5 %",
        ] {
            #expect(reading.texts.contains(text), "\(text) in \(reading.texts)")
        }
    }

    @Test("values below zero, and none at all, have an axis too")
    func axes() {
        func texts(_ values: [Double]) -> [String] {
            let chart = BarChart(
                title: "", subtitle: "", valueTitle: "", groups: values.map { "\($0)" },
                series: [.init(name: "x", bars: values.map { .init($0) })])
            let reading = Reading(chart.svg)
            #expect(reading.isValid)
            return reading.texts
        }
        #expect(texts([-3, 4]).contains("-4"))
        #expect(texts([]).contains("0.0") || texts([]).contains("0"))
        #expect(texts([0.002]).contains("0.0020") || texts([0.002]).contains("0.002"))
        #expect(texts([0, 0]).contains("0.0"))
    }

    @Test("a table of comma-separated values quotes what needs it")
    func tables() {
        var table = CSVTable(columns: ["video", "n"])
        table.append(["a,b", "1"])
        table.append(["say \"hi\"", "2"])
        table.append(["two\nlines", ""])
        #expect(
            table.text == "video,n\n\"a,b\",1\n\"say \"\"hi\"\"\",2\n\"two\nlines\",\n")
    }
}

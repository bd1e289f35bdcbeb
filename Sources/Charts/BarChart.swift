/// Bars from zero, in groups, with error bars: as one accuracy a variant and data set.
public struct BarChart: Sendable {
    public struct Bar: Sendable, Hashable {
        /// From zero.
        public var value: Double
        /// Half the length of the error bar, as a standard deviation; none where nil.
        public var error: Double?

        public init(_ value: Double, error: Double? = nil) {
            self.value = value
            self.error = error
        }
    }

    /// Bars of one colour, one a group.
    public struct Series: Sendable, Hashable {
        public var name: String
        /// By group; a bar that is not there is nil.
        public var bars: [Bar?]

        public init(name: String, bars: [Bar?]) {
            self.name = name
            self.bars = bars
        }
    }

    public var title: String
    public var subtitle: String
    /// What a bar's height is, and in which unit.
    public var valueTitle: String
    /// Written behind each number, as " %".
    public var unit = ""
    public var decimals = 1
    /// The top of the axis; nil for what the bars need.
    public var limit: Double?
    public var groups: [String]
    public var series: [Series]

    public init(
        title: String, subtitle: String, valueTitle: String, groups: [String], series: [Series]
    ) {
        precondition(series.allSatisfy { $0.bars.count == groups.count }, "a bar a group")
        self.title = title
        self.subtitle = subtitle
        self.valueTitle = valueTitle
        self.groups = groups
        self.series = series
    }

    /// The picture as an SVG file.
    public var svg: String {
        let layout = BarChartLayout(self)
        var document = SVGDocument(width: layout.width, height: layout.height)
        document.text(title, x: BarChartLayout.margin, y: 38, size: 20, isBold: true)
        document.text(subtitle, x: BarChartLayout.margin, y: 60, size: 13, fill: .faint)
        drawAxis(&document, layout)
        for (index, one) in series.enumerated() {
            for (group, bar) in one.bars.enumerated() {
                guard let bar else { continue }
                draw(bar, of: one.name, at: (index, group), &document, layout)
            }
        }
        drawGroups(&document, layout)
        if series.count > 1 { drawLegend(&document, layout) }
        return document.xml
    }

    private func drawAxis(_ document: inout SVGDocument, _ layout: BarChartLayout) {
        for tick in layout.ticks {
            let y = layout.y(of: tick)
            document.line(
                from: (layout.left, y), to: (layout.left + layout.panelWidth, y),
                stroke: tick == 0 ? .faint : .grid)
            document.text(
                number(tick, decimals: layout.tickDecimals) + unit, x: layout.left - 8, y: y + 4,
                size: 12, fill: .faint, anchor: .end)
        }
        document.text(
            valueTitle, x: BarChartLayout.margin + 2, y: layout.top + layout.panelHeight / 2,
            size: 13, fill: .faint, anchor: .middle, turn: -90)
    }

    private func draw(
        _ bar: Bar, of name: String, at place: (series: Int, group: Int),
        _ document: inout SVGDocument, _ layout: BarChartLayout
    ) {
        guard bar.value.isFinite else { return }
        let x = layout.x(ofSeries: place.series, group: place.group)
        let top = layout.y(of: bar.value)
        let base = layout.y(of: 0)
        let label = number(bar.value, decimals: decimals)
        let error = bar.error.map { " ± " + number($0, decimals: decimals) } ?? ""
        document.rectangle(
            x: x, y: min(top, base), width: layout.bar, height: abs(base - top),
            fill: layout.color(place.series),
            tip: "\(groups[place.group]), \(name): \(label)\(error)\(unit)", radius: 1.5)
        var above = min(top, base)
        if let error = bar.error, error.isFinite, error > 0 {
            let (high, low) = (layout.y(of: bar.value + error), layout.y(of: bar.value - error))
            let middle = x + layout.bar / 2
            let cap = min(6, layout.bar / 4)
            document.line(from: (middle, high), to: (middle, low), stroke: .ink, width: 1.3)
            for y in [high, low] {
                document.line(
                    from: (middle - cap, y), to: (middle + cap, y), stroke: .ink, width: 1.3)
            }
            above = min(above, high)
        }
        if layout.hasBarTexts {
            document.text(
                label, x: x + layout.bar / 2, y: above - 5, size: layout.barText, anchor: .middle)
        }
    }

    private func drawGroups(_ document: inout SVGDocument, _ layout: BarChartLayout) {
        let y = layout.top + layout.panelHeight
        for (index, name) in groups.enumerated() {
            let x = layout.left + (Double(index) + 0.5) * layout.group
            if layout.isTurned {
                document.text(
                    layout.fitted(name), x: x + 4, y: y + 18, size: 12, anchor: .end, turn: -35)
            } else {
                document.text(name, x: x, y: y + 20, size: 12, anchor: .middle)
            }
        }
    }

    private func drawLegend(_ document: inout SVGDocument, _ layout: BarChartLayout) {
        for (index, entry) in layout.legend.enumerated() {
            document.rectangle(
                x: entry.x, y: entry.y - 10, width: 12, height: 12, fill: layout.color(index),
                radius: 2)
            document.text(series[index].name, x: entry.x + 18, y: entry.y, size: 12)
        }
    }

    /// With so many decimals, rounded to the nearest.
    func number(_ value: Double, decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        var scale = 1
        for _ in 0..<max(0, min(decimals, 6)) { scale *= 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard scale > 1 else { return "\(sign)\(scaled)" }
        let rest = String(scaled % scale)
        let zeros = String(repeating: "0", count: String(scale).count - 1 - rest.count)
        return "\(sign)\(scaled / scale).\(zeros)\(rest)"
    }
}

/// Where the parts of a bar chart lie, in pixels.
struct BarChartLayout {
    static let margin = 28.0
    private static let widestName = 150.0

    let left: Double
    let top: Double
    let panelWidth: Double
    let panelHeight = 300.0
    let width: Double
    let height: Double
    /// Widths of a bar, and of a group with the gap to the next.
    let bar: Double
    let group: Double
    /// Values at which the axis has a line.
    let ticks: [Double]
    let tickDecimals: Int
    /// Whether the groups' names are too long to lie flat.
    let isTurned: Bool
    let barText: Double
    let hasBarTexts: Bool
    /// Where each series is named: the left end and the baseline.
    let legend: [(x: Double, y: Double)]
    private let seriesCount: Int

    init(_ chart: BarChart) {
        seriesCount = max(1, chart.series.count)
        let bars = Double(max(1, chart.groups.count) * seriesCount)
        bar = max(10, min(56, 720 / bars))
        let groups = Double(max(1, chart.groups.count))
        // A few bars are spread out, so that the title has its room.
        group = max(bar * Double(seriesCount) * 1.04 + max(18, bar * 0.6), 400 / groups)
        panelWidth = group * groups
        (ticks, tickDecimals) = Self.axis(chart)
        let widest = chart.groups.map { SVGDocument.width(of: $0, size: 12) }.max() ?? 0
        isTurned = widest > group - 8
        barText = bar >= 30 ? 11 : 9.5
        hasBarTexts = bar >= 22
        let tickDecimals = tickDecimals
        let numbers = ticks.map {
            SVGDocument.width(
                of: chart.number($0, decimals: tickDecimals) + chart.unit, size: 12)
        }
        left = Self.margin + 20 + (numbers.max() ?? 0) + 8
        width = left + panelWidth + Self.margin
        var legend: [(x: Double, y: Double)] = []
        var next = (x: left, y: 92.0)
        for one in chart.series {
            let length = 18 + SVGDocument.width(of: one.name, size: 12) + 22
            if next.x > left, next.x + length > width - Self.margin {
                next = (left, next.y + 20)
            }
            legend.append(next)
            next.x += length
        }
        self.legend = legend
        top = seriesCount > 1 ? next.y + 28 : 96
        let names = isTurned ? 26 + min(widest, Self.widestName) * 0.6 : 30
        height = top + panelHeight + names + Self.margin
    }

    func y(of value: Double) -> Double {
        let (low, high) = (ticks.first ?? 0, ticks.last ?? 1)
        let share = (min(max(value, low), high) - low) / (high - low)
        return top + panelHeight * (1 - share)
    }

    func x(ofSeries series: Int, group index: Int) -> Double {
        let inner = bar * Double(seriesCount) + bar * 0.04 * Double(seriesCount - 1)
        return left + (Double(index) + 0.5) * group - inner / 2 + Double(series) * bar * 1.04
    }

    func color(_ series: Int) -> ChartColor {
        ChartColor.series[series % ChartColor.series.count]
    }

    func fitted(_ name: String) -> String {
        SVGDocument.fitted(name, size: 12, width: Self.widestName)
    }

    /// About five lines at round values that hold every bar, and zero.
    private static func axis(_ chart: BarChart) -> (ticks: [Double], decimals: Int) {
        let ends = chart.series.flatMap { $0.bars }.compactMap(\.self).flatMap { bar in
            [bar.value + (bar.error ?? 0), bar.value - (bar.error ?? 0)]
        }.filter { $0.isFinite }
        var high = chart.limit ?? max(0, ends.max() ?? 1)
        let low = min(0, ends.filter { $0 < 0 }.min() ?? 0)
        if high <= low { high = low + 1 }
        // Bars end below zero only where a value does, not where an error bar dips.
        let hasNegative = chart.series.contains { $0.bars.contains { ($0?.value ?? 0) < 0 } }
        let (step, decimals) = roundStep((high - (hasNegative ? low : 0)) / 5)
        let first = hasNegative ? Int((low / step).rounded(.down)) : 0
        let last = max(first + 1, Int((high / step - 1e-9).rounded(.up)))
        return ((first...last).map { Double($0) * step }, decimals)
    }

    /// The least of 1, 2, 2.5 and 5 times a power of ten that is not below `value`.
    private static func roundStep(_ value: Double) -> (step: Double, decimals: Int) {
        var (power, decimals) = (1.0, 0)
        while power * 10 <= value { power *= 10 }
        while power > value, decimals < 9 {
            power /= 10
            decimals += 1
        }
        for factor in [1, 2, 2.5, 5, 10] where power * factor >= value * (1 - 1e-9) {
            return (power * factor, decimals + (factor == 2.5 && power <= 1 ? 1 : 0))
        }
        return (power * 10, decimals)
    }
}

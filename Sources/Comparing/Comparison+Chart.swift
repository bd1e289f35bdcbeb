import Charts

extension Comparison {
    /// Accuracies as bars, one group a recipe: the whole class and, where classes are pairs, the
    /// appearance and the motion.
    public var chart: BarChart {
        func series(_ name: String, _ spread: (Row) -> Spread?) -> BarChart.Series {
            BarChart.Series(
                name: name,
                bars: rows.map { row in
                    spread(row).map {
                        BarChart.Bar(100 * $0.mean, error: $0.deviation.map { 100 * $0 })
                    }
                })
        }
        var all = [series(motions == nil ? "top-1" : "class", \.top1)]
        if motions != nil {
            all += [series("appearance", \.appearance), series("motion", \.motion)]
        }
        let seeds = rows.map(\.outcomes.count).max() ?? 0
        var chart = BarChart(
            title: "What each part is worth",
            subtitle: "\(clips) clips of \(classes) classes (\(split)), mean of \(seeds) "
                + "seed\(seeds == 1 ? "" : "s"), bars of one standard deviation",
            valueTitle: "clips told, %", groups: rows.map(\.name), series: all)
        chart.limit = 100
        chart.decimals = 0
        return chart
    }
}

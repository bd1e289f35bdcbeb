public import CoreMetrics
import Synchronization

/// A backend of `swift-metrics` that keeps what it is told, and writes it in Prometheus' text format (version 0.0.4).
///
/// Counters and meters are single numbers; recorders that aggregate, and timers, are histograms in seconds.
public final class PrometheusRegistry: MetricsFactory {
    private struct Family {
        let type: String
        var series: [(labels: String, cell: any PrometheusCell)] = []
    }

    private let help: [String: String]
    private let families = Mutex<[String: Family]>([:])

    /// - Parameter help: What each metric tells, by name.
    public init(help: [String: String]) { self.help = help }

    /// Everything, in the order of names and labels.
    public var text: String {
        let families = families.withLock { $0 }
        var lines: [String] = []
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty
        {
            if let help = help[name] { lines.append("# HELP \(name) \(Self.escaped(help))") }
            lines.append("# TYPE \(name) \(family.type)")
            for (labels, cell) in family.series.sorted(by: { $0.labels < $1.labels }) {
                lines += cell.lines(name, labels)
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func cell<Cell: PrometheusCell>(
        _ label: String, _ dimensions: [(String, String)], _ type: String, _ make: () -> Cell
    ) -> Cell {
        let labels = dimensions.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            .joined(separator: ",")
        return families.withLock { families in
            var family = families[label] ?? Family(type: type)
            let known = family.series.first { $0.labels == labels }?.cell as? Cell
            if let known { return known }
            let cell = make()
            family.series.append((labels, cell))
            families[label] = family
            return cell
        }
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for name in families.keys {
                families[name]?.series.removeAll { $0.cell === handler }
            }
        }
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.append(character)
            }
        }
    }
}

extension PrometheusRegistry {
    public func makeCounter(
        label: String, dimensions: [(String, String)]
    ) -> any CounterHandler {
        cell(label, dimensions, "counter") { PrometheusNumber() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        cell(label, dimensions, "counter") { PrometheusNumber() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(label, dimensions, "gauge") { PrometheusNumber() }
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate
            ? cell(label, dimensions, "histogram") { PrometheusHistogram() }
            : cell(label, dimensions, "gauge") { PrometheusNumber() }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(label, dimensions, "histogram") { PrometheusHistogram() }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        remove(handler)
    }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}

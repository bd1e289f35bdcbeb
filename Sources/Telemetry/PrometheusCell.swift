import CoreMetrics
import Synchronization

/// A metric with its labels.
protocol PrometheusCell: AnyObject, Sendable {
    /// - Parameter labels: As `a="b",c="d"`, or nothing.
    func lines(_ name: String, _ labels: String) -> [String]
}

/// One number: a counter or a gauge.
final class PrometheusNumber: PrometheusCell, CounterHandler, FloatingPointCounterHandler,
    MeterHandler, RecorderHandler
{
    private let value = Mutex(0.0)

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func set(_ amount: Int64) { set(Double(amount)) }
    func set(_ amount: Double) { value.withLock { $0 = amount } }
    func record(_ amount: Int64) { set(Double(amount)) }
    func record(_ amount: Double) { set(amount) }
    func reset() { set(0.0) }

    func lines(_ name: String, _ labels: String) -> [String] {
        let value = value.withLock { $0 }
        return [name + (labels.isEmpty ? "" : "{\(labels)}") + " " + prometheusText(value)]
    }
}

/// How values are distributed, in seconds: from a millisecond to a quarter of an hour, each bucket about twice the one before.
final class PrometheusHistogram: PrometheusCell, RecorderHandler, TimerHandler {
    private static let bounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250,
        500, 1000,
    ]

    private struct State {
        var counts = [UInt64](repeating: 0, count: bounds.count + 1)
        var sum = 0.0
    }

    private let state = Mutex(State())

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func lines(_ name: String, _ labels: String) -> [String] {
        let state = state.withLock { $0 }
        let before = labels.isEmpty ? "" : labels + ","
        let after = labels.isEmpty ? "" : "{\(labels)}"
        var count: UInt64 = 0
        var lines: [String] = []
        let bounds = Self.bounds.map(prometheusText) + ["+Inf"]
        for (bound, more) in zip(bounds, state.counts) {
            count += more
            lines.append("\(name)_bucket{\(before)le=\"\(bound)\"} \(count)")
        }
        return lines + [
            "\(name)_sum\(after) \(prometheusText(state.sum))", "\(name)_count\(after) \(count)",
        ]
    }
}

/// A number as the format wants it: whole ones without a fraction.
private func prometheusText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
}

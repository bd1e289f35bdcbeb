import Foundation
public import Networks

/// A step as a trace that Perfetto and Chrome's `about:tracing` show: the step and the update on one
/// track, both directions of the pass on tracks of their own.
///
/// An array of events in the Trace Event Format, `X` (complete) with microseconds, after `M`
/// (metadata) ones that name the tracks.
public struct StepTrace: Sendable {
    private enum Track: Int, CaseIterable {
        case step, forward, backward

        var name: String {
            switch self {
            case .step: "step"
            case .forward: "forward"
            case .backward: "backward"
            }
        }
    }

    private struct Event: Encodable {
        let name: String
        let ph: String
        let pid = 1
        let tid: Int
        var cat: String?
        var ts: Double?
        var dur: Double?
        let args: Arguments
    }

    private struct Arguments: Encodable {
        var name: String?
        var title: String?
        var gflops: Double?
        var megabytes: Double?
    }

    private let events: [Event]

    public init(_ times: StepTimes, costs: [OperationCost], name: String) {
        var events = Track.allCases.map {
            Event(name: "thread_name", ph: "M", tid: $0.rawValue, args: Arguments(name: $0.name))
        }
        events.append(Self.complete(name, .step, "step", 0..<times.seconds))
        for (index, cost) in costs.enumerated() {
            events.append(Self.complete(cost, cost.forward, .forward, times.forward[index]))
        }
        for (index, cost) in costs.enumerated().reversed() {
            events.append(Self.complete(cost, cost.backward, .backward, times.backward[index]))
        }
        events.append(Self.complete(OperationProfile.update, .step, "update", times.update))
        self.events = events
    }

    private static func complete(
        _ cost: OperationCost, _ work: OperationCost.Work, _ track: Track, _ span: Range<Double>
    ) -> Event {
        complete(
            cost.name, track, cost.kind.rawValue, span,
            Arguments(
                title: cost.title,
                gflops: work.multiplyAdds == 0 ? nil : 2e-9 * Double(work.multiplyAdds),
                megabytes: Double(work.bytes) / 1e6))
    }

    private static func complete(
        _ name: String, _ track: Track, _ category: String, _ span: Range<Double>,
        _ arguments: Arguments = Arguments()
    ) -> Event {
        Event(
            name: name, ph: "X", tid: track.rawValue, cat: category,
            ts: microseconds(span.lowerBound), dur: microseconds(span.length), args: arguments)
    }

    /// To the nanosecond, as the clock tells them.
    private static func microseconds(_ seconds: Double) -> Double {
        (1e9 * seconds).rounded() / 1000
    }

    /// The trace's text, an event a line.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try events.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        return "[\n" + lines.joined(separator: ",\n") + "\n]\n"
    }
}

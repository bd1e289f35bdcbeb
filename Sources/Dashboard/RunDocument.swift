import FlyingFox
import Foundation
import Telemetry

/// What the page asks for every second: the status, and what is new of the curves, the timeline and the events.
///
/// Curves are columns of numbers, written by hand: they are the bulk, and an encoder takes ten times as long.
struct RunDocument {
    /// What a viewer has already.
    struct Seen {
        /// The last event's number.
        var event = 0
        /// Steps of a point, and the last point's step; a point may have grown since.
        var stride = 0
        var step: UInt64 = 0
        /// The last step of the timeline.
        var entry: UInt64 = 0
        /// The coordinator's start: of another life nothing has been seen.
        var life = ""

        init(_ query: [HTTPRequest.QueryItem]) {
            event = query["event"].flatMap { Int($0) } ?? 0
            stride = query["stride"].flatMap { Int($0) } ?? 0
            step = query["step"].flatMap { UInt64($0) } ?? 0
            entry = query["entry"].flatMap { UInt64($0) } ?? 0
            life = query["life"] ?? ""
        }

        init() {}
    }

    /// The page shows so many steps in the timeline.
    private static let entries = 24

    private let telemetry: RunTelemetry

    init(_ telemetry: RunTelemetry) { self.telemetry = telemetry }

    func json(after seen: Seen) throws -> Data {
        var status = telemetry.status
        let life = "\(status.identity.term)-\(status.identity.process)"
        let seen = seen.life == life ? seen : Seen()
        status.events.removeAll { $0.number <= seen.event }
        var data = Data("{\"life\":\"\(life)\",\"status\":".utf8)
        data.append(try status.json())
        data.append(
            Data((",\"curves\":" + curves(seen) + ",\"timeline\":" + timeline(seen) + "}").utf8))
        return data
    }

    private func curves(_ seen: Seen) -> String {
        let curves = telemetry.curves
        // A run that went back to an earlier state has fewer points than were seen.
        let isWhole = seen.stride != curves.stride || (curves.points.last?.step ?? 0) < seen.step
        let points = isWhole ? curves.points[...] : curves.points.drop { $0.step < seen.step }
        let evaluations = curves.evaluations
        return "{\"stride\":\(curves.stride),\"whole\":\(isWhole),"
            + "\"step\":\(Self.list(points.map { "\($0.step)" })),"
            + "\"loss\":\(Self.list(points.map { Self.number($0.loss) })),"
            + "\"accuracy\":\(Self.list(points.map { Self.number($0.accuracy) })),"
            + "\"evaluations\":{\"step\":\(Self.list(evaluations.map { "\($0.step)" })),"
            + "\"loss\":\(Self.list(evaluations.map { Self.number($0.loss) })),"
            + "\"accuracy\":\(Self.list(evaluations.map { Self.number($0.top1) }))}}"
    }

    /// Steps with, for each worker, its number and the seconds of each phase in the order of the time.
    private func timeline(_ seen: Seen) -> String {
        let newest = telemetry.timeline.entries.suffix(Self.entries)
        let isBehind = (newest.last?.step ?? 0) < seen.entry
        let entries = newest.drop { !isBehind && $0.step <= seen.entry }
        return Self.list(
            entries.map { entry in
                let workers = entry.workers.map { worker in
                    let times = worker.times
                    let seconds = [times.update, times.stream, times.compute, times.reduce]
                    return Self.list(["\(worker.worker)"] + seconds.map(Self.number))
                }
                return "{\"step\":\(entry.step),\"start\":\(entry.start),\"end\":\(entry.end),"
                    + "\"workers\":\(Self.list(workers))}"
            })
    }

    private static func list(_ items: [String]) -> String {
        "[" + items.joined(separator: ",") + "]"
    }

    /// Seven digits are more than a screen shows. Numbers that are not finite are null.
    private static func number(_ value: Double) -> String {
        value.isFinite ? "\(Float(value))" : "null"
    }
}

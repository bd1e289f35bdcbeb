import Foundation

/// A profile laid out for a terminal of 100 columns.
public struct ProfileTable {
    private let profile: StepProfile
    /// Operations that are listed.
    private let listed: Int

    /// Columns of a terminal.
    private static let width = 100
    /// Operations that are pointed out at the end.
    private static let worst = 5

    public init(_ profile: StepProfile, listed: Int) {
        self.profile = profile
        self.listed = listed
    }

    public var text: String {
        let setting = profile.setting
        let heading =
            "\(setting.name): a slot of \(setting.clips) "
            + (setting.clips == 1 ? "clip" : "clips")
            + " and the update, on \(setting.threads) "
            + (setting.threads == 1 ? "thread" : "threads")
        let conditions =
            "medians of \(profile.steps) " + (profile.steps == 1 ? "step" : "steps")
            + ", with \(setting.kernels) kernels and OpenBLAS for \(setting.blas)"
        let limits =
            "limits: \(Self.format(profile.limits.gigaflops)) GFLOP/s of sgemm, "
            + "\(Self.format(profile.limits.gigabytes)) GB/s of a copy through memory"
        let sections = [
            [heading, conditions, limits] + disturbance, operations, kinds, worst, summary,
        ]
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n")
    }

    private var disturbance: [String] {
        guard profile.limits.isDisturbed else { return [] }
        return [
            "the machine did other work, too: sgemm often reached only "
                + "\(Self.format(profile.limits.usualGigaflops)) GFLOP/s"
        ]
    }

    // MARK: Operations

    private var operations: [String] {
        let shown = profile.dearest.prefix(listed)
        let title = [
            ["operation", "kind", "fwd", "bwd", "step", "fwd", "bwd", "limit", "of"],
            ["", "", "ms", "ms", "%", "rate", "rate", "", "it %"],
        ]
        var lines = layOut(title + shown.map(row))
        let rest = profile.dearest.dropFirst(listed)
        if !rest.isEmpty {
            lines.append(
                "\(rest.count) more with "
                    + "\(Self.percent(rest.reduce(0) { $0 + $1.share })) % of the step (--all lists "
                    + "them)")
        }
        return lines
    }

    private func row(_ operation: OperationProfile) -> [String] {
        let unit = operation.limit == .arithmetic ? "GFLOP/s" : "GB/s"
        let limit =
            operation.limit == .arithmetic ? profile.limits.gigaflops : profile.limits.gigabytes
        return [
            operation.name, operation.title, Self.time(operation.forward.milliseconds),
            operation.backward.bytes == 0 ? "" : Self.time(operation.backward.milliseconds),
            Self.percent(operation.share), rate(operation.forward, operation.limit),
            rate(operation.backward, operation.limit), "\(Self.format(limit)) \(unit)",
            Self.percent(operation.efficiency, digits: 0),
        ]
    }

    private func rate(
        _ direction: OperationProfile.Direction, _ limit: OperationProfile.Limit
    ) -> String {
        let rate = limit == .arithmetic ? direction.gigaflops : direction.gigabytes
        return rate == 0 ? "" : Self.format(rate)
    }

    // MARK: Totals

    private var kinds: [String] {
        let title = [
            "kind", "operations", "forward ms", "backward ms", "step %", "GFLOP/s", "GB/s",
            "of its limit %",
        ]
        let rows = profile.kinds.map { kind in
            let rate = { (amount: Double) in
                OperationProfile.Direction.rate(amount, kind.milliseconds)
            }
            return [
                kind.name, "\(kind.operations)", Self.time(kind.forwardMilliseconds),
                kind.name == OperationProfile.update ? "" : Self.time(kind.backwardMilliseconds),
                Self.percent(kind.share),
                kind.multiplyAdds == 0 ? "" : Self.format(rate(2 * Double(kind.multiplyAdds))),
                Self.format(rate(Double(kind.bytes))),
                Self.percent(kind.leastMilliseconds / max(kind.milliseconds, 1e-9), digits: 0),
            ]
        }
        return layOut([title] + rows, texts: 1)
    }

    private var worst: [String] {
        let rows = profile.worst(Self.worst).map { operation in
            [
                operation.name, operation.title, Self.time(operation.lostMilliseconds),
                Self.percent(
                    operation.lostMilliseconds / max(profile.milliseconds, 1e-9)),
                Self.percent(operation.efficiency, digits: 0),
            ]
        }
        let title = ["most lost against its limit", "", "ms", "step %", "of its limit %"]
        return layOut([title] + rows)
    }

    private var summary: [String] {
        let share = profile.gigaflops / profile.limits.gigaflops
        return [
            "\(Self.format(profile.clipsPerSecond)) clips/s; "
                + "\(Self.time(profile.milliseconds)) ms a step: "
                + "forward \(Self.time(profile.forwardMilliseconds)), "
                + "backward \(Self.time(profile.backwardMilliseconds)), "
                + "update \(Self.time(profile.updateMilliseconds))",
            "whole steps took \(Self.time(profile.fastestMilliseconds)) to "
                + "\(Self.time(profile.slowestMilliseconds)) ms",
            "\(Self.format(profile.gigaflops)) GFLOP/s, \(Self.percent(share, digits: 0)) % of sgemm; "
                + String(
                    format: "%.1f MB of activations and gradients",
                    Double(profile.setting.arenaBytes) / 1e6),
        ]
    }

    // MARK: Layout

    /// Columns side by side, numbers to the right, two spaces apart where there is room. A first
    /// column that is too wide is cut from its front, for the end tells layers apart.
    private func layOut(_ rows: [[String]], texts: Int = 2) -> [String] {
        var widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let gaps = widths.count - 1
        let space = widths.reduce(0, +) + 2 * gaps > Self.width ? 1 : 2
        let others = widths.dropFirst().reduce(0, +) + space * gaps
        widths[0] = min(widths[0], max(12, Self.width - others))
        return rows.map { row in
            let line = row.indices.map { column in
                let text = row[column]
                let room = widths[column]
                if text.count > room { return "…" + text.suffix(room - 1) }
                let gap = String(repeating: " ", count: room - text.count)
                return column < texts ? text + gap : gap + text
            }.joined(separator: String(repeating: " ", count: space))
            return line.trimmingTrailingSpaces
        }
    }

    private static func time(_ milliseconds: Double) -> String {
        String(
            format: milliseconds < 1 ? "%.3f" : milliseconds < 100 ? "%.2f" : "%.1f", milliseconds)
    }

    private static func percent(_ part: Double, digits: Int = 1) -> String {
        String(format: "%.\(digits)f", 100 * part)
    }

    private static func format(_ number: Double) -> String {
        String(format: number < 10 ? "%.2f" : number < 100 ? "%.1f" : "%.0f", number)
    }
}

extension String {
    var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

import Foundation

/// The kernels of a step beside their limits, as a table in Markdown.
public struct KernelTable {
    private let profile: StepProfile
    /// Kernels that are pointed out at the end.
    private static let worst = 5

    public init(_ profile: StepProfile) {
        self.profile = profile
    }

    public var text: String {
        let setting = profile.setting
        let limits = profile.limits
        let heading =
            "\(setting.name): a slot of \(setting.clips) "
            + (setting.clips == 1 ? "clip" : "clips") + " and the update on \(setting.threads) "
            + (setting.threads == 1 ? "thread" : "threads") + ", medians of \(profile.steps) "
            + (profile.steps == 1 ? "step" : "steps") + "; \(setting.kernels) kernels.\n"
            + String(
                format: "Limits: %.0f GFLOP/s of sgemm, %.1f GB/s of a copy through memory",
                limits.gigaflops, limits.gigabytes)
            + (limits.isDisturbed
                ? String(
                    format: "; the machine did other work: sgemm often reached only %.0f.",
                    limits.usualGigaflops)
                : ".")
        // What has nothing to do, as the way back to an input, takes the time of a call.
        let busy = profile.kernels.filter { $0.gigabytes > 0 }
        return [heading, Self.layOut([title] + busy.map(row)), lost].joined(separator: "\n\n")
    }

    private let title = [
        "kernel", "uses", "ms", "step %", "GFLOP/s", "GB/s", "bound by", "of it %",
    ]

    private func row(_ kernel: KernelProfile) -> [String] {
        [
            kernel.name, "\(kernel.uses)", String(format: "%.2f", kernel.milliseconds),
            kernel.isBeside ? "beside" : String(format: "%.1f", 100 * kernel.share),
            kernel.gigaflops == 0 ? "" : String(format: "%.1f", kernel.gigaflops),
            String(format: "%.1f", kernel.gigabytes),
            kernel.limit == .arithmetic ? "sgemm" : "memory",
            String(format: "%.0f", 100 * kernel.efficiency),
        ]
    }

    /// Where most time goes beyond the limits.
    private var lost: String {
        let step = max(profile.milliseconds, 1e-9)
        let rows = profile.kernels.filter { !$0.isBeside }.sorted {
            ($1.lostMilliseconds, $0.name) < ($0.lostMilliseconds, $1.name)
        }.prefix(Self.worst).map { kernel in
            String(
                format: "- %@: %.1f ms, %.1f %% of the step", kernel.name,
                kernel.lostMilliseconds, 100 * kernel.lostMilliseconds / step)
        }
        return "Most lost against the limits:\n\n" + rows.joined(separator: "\n")
    }

    /// Columns that line up, numbers to the right.
    private static func layOut(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in
            max(3, rows.map { $0[column].count }.max() ?? 0)
        }
        let isText = [0, 6]
        var lines = rows.map { row in
            let cells = row.indices.map { column in
                let gap = String(repeating: " ", count: widths[column] - row[column].count)
                return isText.contains(column) ? row[column] + gap : gap + row[column]
            }
            return "| " + cells.joined(separator: " | ") + " |"
        }
        let rule = widths.indices.map { column in
            let dashes = String(repeating: "-", count: widths[column] - 1)
            return isText.contains(column) ? dashes + "-" : dashes + ":"
        }
        lines.insert("| " + rule.joined(separator: " | ") + " |", at: 1)
        return lines.joined(separator: "\n")
    }
}

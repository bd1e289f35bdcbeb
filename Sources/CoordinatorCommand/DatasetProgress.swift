import Foundation

/// Shows how far a dataset has come: a bar that redraws itself on a terminal, a line every tenth of
/// the way elsewhere. Writes to standard error, so that standard output keeps the result alone.
struct DatasetProgress {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var shownTenths = 0
    private var lastDrawn: ContinuousClock.Instant?

    /// Between two drawings of the bar; more often only costs time.
    private static let interval = Duration.milliseconds(100)
    private static let barWidth = 30

    /// Shows that `done` of `total` are done; `detail` says what, as "120 clips".
    mutating func show(_ done: Int, of total: Int, _ detail: @autoclosure () -> String) {
        let fraction = total > 0 ? min(Double(done) / Double(total), 1) : 1
        guard isTerminal else {
            let tenths = Int(fraction * 10)
            if tenths > shownTenths { write("\(tenths * 10) %  \(detail())\n") }
            shownTenths = max(shownTenths, tenths)
            return
        }
        let now = ContinuousClock.now
        if let lastDrawn, now - lastDrawn < Self.interval, done < total { return }
        lastDrawn = now
        let filled = Int(fraction * Double(Self.barWidth))
        let bar =
            String(repeating: "█", count: filled)
            + String(repeating: "░", count: Self.barWidth - filled)
        let left = fraction > 0 ? (now - start) * ((1 - fraction) / fraction) : nil
        let rest = left.map { ", \(Self.words($0)) left" } ?? ""
        write("\r\(bar) \(Int(fraction * 100)) %  \(detail())\(rest)\u{1B}[K")
    }

    /// Writes a line of its own above the bar.
    func note(_ line: String) {
        write(isTerminal ? "\r\u{1B}[K\(line)\n" : line + "\n")
    }

    /// Clears the bar.
    func finish() {
        if isTerminal { write("\r\u{1B}[K") }
    }

    /// Seconds since the start, to a tenth.
    var elapsed: String {
        let parts = (ContinuousClock.now - start).components
        let tenths = parts.seconds * 10 + parts.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }

    private static func words(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}

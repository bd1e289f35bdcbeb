import Foundation

// Numbers as people read them, on a terminal and in a log.

extension Double {
    /// With so many decimals; as 2.7e+38 where that were a row of digits that mean nothing.
    public func fixed(_ decimals: Int) -> String {
        String(format: magnitude < 1e9 ? "%.\(decimals)f" : "%.1e", self)
    }

    /// Seconds as `1:02:03` or `02:03`.
    public var clock: String {
        guard isFinite else { return "?" }
        let seconds = wholeSeconds
        let minutes = String(format: "%02d:%02d", seconds / 60 % 60, seconds % 60)
        return seconds >= 3600 ? "\(seconds / 3600):\(minutes)" : minutes
    }

    /// The nearest whole number of seconds, none where there is none that a clock shows.
    var wholeSeconds: Int { Int(exactly: rounded()).map { min(max($0, 0), 1 << 40) } ?? 0 }
}

import Foundation

/// A line that is rewritten in place on a terminal; elsewhere calm lines now and then.
struct ProgressLine {
    /// Without a terminal a line is written at most this often.
    private static let calm = Duration.seconds(5)

    private let isTerminal: Bool
    private var isOpen = false
    private var lastCalm: ContinuousClock.Instant?

    init(isTerminal: Bool = isatty(STDOUT_FILENO) == 1) {
        self.isTerminal = isTerminal
    }

    /// Shows where things stand now.
    ///
    /// - Parameter share: How much is done, 0 to 1, for a bar on a terminal.
    mutating func update(_ text: String, share: Double) {
        if isTerminal {
            // Cut, for a line that wraps cannot be rewritten.
            let line = Self.bar(share) + "  " + text
            write("\r" + String(line.prefix(Self.columns - 1)) + "\u{1B}[K")
            isOpen = true
        } else if lastCalm.map({ .now - $0 >= Self.calm }) ?? true {
            lastCalm = .now
            write(text + "\n")
        }
    }

    /// Writes a line that stays, in the place of the one that is rewritten.
    mutating func say(_ text: String) {
        write((isOpen ? "\r\u{1B}[K" : "") + text + "\n")
        isOpen = false
    }

    /// Leaves what is shown standing.
    mutating func close() {
        guard isOpen else { return }
        write("\n")
        isOpen = false
    }

    private static func bar(_ share: Double) -> String {
        let width = 16
        let done = min(width, Int(share * Double(width)))
        return String(repeating: "█", count: done) + String(repeating: "░", count: width - done)
    }

    /// Progress is for people: where it cannot be shown, the run goes on.
    private func write(_ text: String) {
        do { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) } catch {}
    }

    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

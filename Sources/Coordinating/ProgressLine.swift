import Foundation

/// A line that is rewritten in place on a terminal; elsewhere calm lines now and then, each with the time of day.
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
    mutating func update(_ progress: ProgressText) {
        if isTerminal {
            write("\r" + progress.fitted(to: Self.columns - 1) + "\u{1B}[K")
            isOpen = true
        } else if lastCalm.map({ .now - $0 >= Self.calm }) ?? true {
            lastCalm = .now
            say(progress.whole)
        }
    }

    /// Writes lines that stay, in the place of the one that is rewritten.
    mutating func say(_ text: String) {
        if isTerminal {
            write((isOpen ? "\r\u{1B}[K" : "") + text + "\n")
        } else {
            // Of several lines the first one has the time, and the others stand below its text.
            let margin = "\n" + String(repeating: " ", count: 9)
            write(Self.timeOfDay + " " + text.replacing("\n", with: margin) + "\n")
        }
        isOpen = false
    }

    /// Leaves what is shown standing.
    mutating func close() {
        guard isOpen else { return }
        write("\n")
        isOpen = false
    }

    /// As `19:30:33`, here.
    private static var timeOfDay: String {
        var time = time(nil)
        var parts = tm()
        localtime_r(&time, &parts)
        return String(format: "%02d:%02d:%02d", parts.tm_hour, parts.tm_min, parts.tm_sec)
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

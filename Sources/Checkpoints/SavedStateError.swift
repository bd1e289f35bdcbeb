import Configuration
import Glibc

/// What keeps a run's saved state from being written or read, told in one line.
public struct SavedStateError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        case noSpace
        case readOnly
        case missing
        /// Another failure of the operating system, by its errno.
        case system(Int32)
        /// A file is not of the form it should have.
        case malformed
        /// A file is not the one that was saved: its hash or size differs.
        case corrupt
        /// A file of a version that this program does not read.
        case otherVersion
        /// Another process owns the run directory.
        case locked(process: Int32?)
        /// A directory that is no run directory, and not empty.
        case foreignDirectory
        /// A run directory where none was expected.
        case runExists
        /// A run directory of another configuration.
        case otherConfiguration(ConfigurationDifferences)
        /// A step was saved before, with other weights.
        case otherWeights
        /// Stopped on purpose, at a fault point.
        case interrupted
    }

    public var kind: Kind
    public var path: String
    public var message: String
    public var remedy: String?

    public init(_ kind: Kind, _ path: String, _ message: String, remedy: String? = nil) {
        self.kind = kind
        self.path = path
        self.message = message
        self.remedy = remedy
    }

    public var description: String {
        "\(path): \(message)" + (remedy.map { "; \($0)" } ?? "")
    }

    /// Whether a file is incomplete or damaged, as against sound and out of reach for now.
    var isDamage: Bool {
        switch kind {
        case .missing, .malformed, .corrupt: true
        default: false
        }
    }

    /// The failure that `errno` tells of, right after a call that failed.
    static func system(_ doing: String, _ path: String, code: Int32 = errno) -> SavedStateError {
        let reason = String(cString: strerror(code))
        let message = "\(doing) failed, \(reason)"
        switch code {
        case ENOSPC, EDQUOT:
            return SavedStateError(
                .noSpace, path, message,
                remedy: "make room on the disk and resume; what was saved before is intact")
        case EROFS, EACCES, EPERM:
            return SavedStateError(
                .readOnly, path, message, remedy: "make the directory writable, or use another")
        case ENOENT:
            return SavedStateError(.missing, path, message)
        default:
            return SavedStateError(.system(code), path, message)
        }
    }
}

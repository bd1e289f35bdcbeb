import Glibc

/// Why keys, tokens or the list of who may connect cannot be used.
public enum AccessError: Error, Equatable, CustomStringConvertible {
    /// A call of the system failed.
    case system(attempt: String, path: String, reason: String)
    /// Keys or a token are there already, and nothing overwrites a secret.
    case exists(path: String, remedy: String)
    /// A file is not what it should be.
    case malformed(path: String, problem: String)
    /// Others than its owner can read a secret.
    case exposed(path: String)
    /// A directory holds no keys.
    case noKeys(directory: String)
    /// A name that cannot be given, or is given already.
    case name(problem: String)
    /// A token does not let anyone in, or not any more.
    case spent(reason: String)

    /// The error that the system left for the calling thread.
    static func system(_ attempt: String, _ path: String) -> AccessError {
        .system(attempt: attempt, path: path, reason: String(cString: strerror(errno)))
    }

    public var description: String {
        switch self {
        case .system(let attempt, let path, let reason): "\(attempt) \(path): \(reason)"
        case .exists(let path, let remedy):
            "\(path) is there already and is not overwritten: \(remedy)"
        case .malformed(let path, let problem): "\(path) \(problem)"
        case .exposed(let path):
            "\(path) is a secret that others can read: chmod 600 \(path), or make new keys if somebody may "
                + "have read it"
        case .noKeys(let directory):
            "there are no keys at \(directory): make them with `coordinator keys`"
        case .name(let problem), .spent(let problem): problem
        }
    }
}

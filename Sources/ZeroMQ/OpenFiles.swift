import Glibc

/// The system's limit of open files, of which every connection takes some.
public enum OpenFiles {
    /// Raises this process's limit as far as it may.
    ///
    /// - Returns: How many sockets a context may have then. A connection of ours takes a descriptor for its socket, one for
    ///   its mailbox, and as many for its monitor.
    public static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 1023
        }
        // Tables of descriptors are as long as the limit in some libraries.
        let wished = min(limit.rlim_max, 1 << 18)
        if limit.rlim_cur < wished {
            let before = limit.rlim_cur
            limit.rlim_cur = wished
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
                limit.rlim_cur = before
            }
        }
        return max(1023, Int(clamping: min(limit.rlim_cur, 1 << 30)) / 2)
    }

    /// How many this process may have open.
    static var limit: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 1023
        }
        return Int(clamping: min(limit.rlim_cur, 1 << 30))
    }
}

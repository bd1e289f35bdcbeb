import Dispatch
import Foundation
import Synchronization

/// A program that this process starts, in a process group of its own.
///
/// Not Foundation's `Process`, which takes a child that closes what it inherits, as ssh does first of all, for ended, and
/// then waits for it on the one thread that hears of all children's ends.
final class ChildProcess: Sendable {
    /// What goes wrong when a program cannot be started.
    struct SpawnError: Error, CustomStringConvertible {
        let description: String
    }

    /// While a pipe is made no child is started that would inherit it.
    private static let spawning = Mutex(())

    let identifier: pid_t
    private let ending = Mutex<HostProblem.Ending?>(nil)
    private let running = DispatchGroup()

    /// - Parameters:
    ///   - input: What it reads comes from; nil: nothing.
    ///   - output: Where what it writes goes; nil: where this process's goes.
    ///   - onEnd: Called on a thread of its own.
    init(
        _ program: String, _ arguments: [String], input: Pipe? = nil, output: FileHandle? = nil,
        onEnd: @escaping @Sendable (HostProblem.Ending) -> Void = { _ in }
    ) throws(SpawnError) {
        identifier = try Self.spawning.withLock { _ throws(SpawnError) in
            try Self.spawn(
                program, arguments, input: input?.fileHandleForReading.fileDescriptor,
                output: output?.fileDescriptor)
        }
        running.enter()
        Thread.detachNewThread { [self] in
            let ending = reap()
            onEnd(ending)
            running.leave()
        }
    }

    /// A pipe that no other child inherits: its end is heard of when its one reader or writer is gone.
    static func pipe() -> Pipe {
        spawning.withLock { _ in
            let pipe = Pipe()
            for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
            return pipe
        }
    }

    var isRunning: Bool { ending.withLock { $0 == nil } }

    func send(_ signal: Int32) {
        // Under the lock: the number is not another process's yet.
        ending.withLock { if $0 == nil { kill(identifier, signal) } }
    }

    /// Waits for its end, of which `onEnd` has been told then.
    func wait() -> HostProblem.Ending {
        running.wait()
        return ending.withLock { $0 } ?? .signal(0)
    }

    private func reap() -> HostProblem.Ending {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR
        {}
        return ending.withLock { ending in
            var status: Int32 = 0
            waitpid(identifier, &status, 0)
            let signal = status & 0x7f
            let result: HostProblem.Ending =
                signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal)
            ending = result
            return result
        }
    }

    private static func spawn(
        _ program: String, _ arguments: [String], input: Int32?, output: Int32?
    ) throws(SpawnError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        }
        // A terminal's Ctrl-C is this process's to answer; what it ignores, and its threads block, is not for the child.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var usual = sigset_t()
        sigemptyset(&usual)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&usual, signal) }
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var environment =
            ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + environment { free(word) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, &attributes, &words, &environment)
        guard code == 0 else {
            throw SpawnError(
                description: "cannot start \(program): \(String(cString: strerror(code)))")
        }
        return process
    }
}

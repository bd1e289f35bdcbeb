import CZeroMQ
import Glibc
import Synchronization

/// A named thread of its own for work that blocks: socket loops, file reads, compute.
///
/// Swift's cooperative pool has as many threads as cores and must never wait; such work goes here. The
/// thread takes no signals, so that they reach the main thread. A thread that nobody joins ends by
/// itself.
public final class DedicatedThread<Value: Sendable>: Sendable {
    private final class Outcome: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }

    private let outcome = Outcome()
    /// Nil once joined.
    private let handle: Mutex<pthread_t?>

    /// Starts the thread.
    ///
    /// - Parameter name: what `top -H` and debuggers show; the system keeps its first 15 bytes.
    /// - Throws: `ZeroMQError.failed` if the system starts no more threads.
    public init(
        name: String, body: @escaping @Sendable () throws -> Value
    ) throws(ZeroMQError) {
        let start = ThreadStart(name: name) { [outcome] in
            let result = Result { try body() }
            outcome.result.withLock { $0 = result }
        }
        handle = Mutex(try start.launch())
    }

    deinit {
        if let handle = handle.withLock({ $0 }) { pthread_detach(handle) }
    }

    /// Waits for the end of the thread, and returns or throws what its body did. May be called again.
    public func join() throws -> Value {
        handle.withLock { handle in
            if let running = handle { pthread_join(running, nil) }
            handle = nil
        }
        guard let result = outcome.result.withLock({ $0 }) else {
            preconditionFailure("a joined thread has left its result")
        }
        return try result.get()
    }
}

/// What a new thread runs; not generic, so that a C function can take it.
private final class ThreadStart: Sendable {
    private let name: String
    private let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }

    func launch() throws(ZeroMQError) -> pthread_t {
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(self)
        let code = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
                start.prepare()
                start.run()
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            throw .of(code: code, "start thread \(name)")
        }
        return handle
    }

    private func prepare() {
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        lockstep_name_thread(name)
    }
}

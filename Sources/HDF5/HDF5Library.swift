import CHDF5
import Synchronization

/// The one door to HDF5's C library.
///
/// A library built for threads serialises every call through a lock of its own; one built without
/// must never be entered by two threads. Going through one lock here makes both kinds sound, and
/// keeps the error stack of a failed call readable until it has been copied. Calls block: keep them
/// off Swift's cooperative threads.
enum HDF5Library {
    private static let lock = Mutex<Void>(())

    /// Makes one C call and turns a negative result into an error with the library's own words.
    ///
    /// `body` must call into C and nothing else: the lock is not recursive, and releasing a
    /// `Handle` takes it.
    @discardableResult
    static func attempt<Status: SignedInteger>(
        _ operation: String, at place: Place, _ body: () -> Status
    ) throws(HDF5Error) -> Status {
        let (status, message) = call(body)
        guard status >= 0 else {
            throw HDF5Error(.refused(operation: operation), at: place, libraryMessage: message)
        }
        return status
    }

    /// Makes one C call; the message is that of the error stack where the result is negative.
    static func call<Status: SignedInteger>(_ body: () -> Status) -> (Status, String) {
        lock.withLock { _ in
            // The setting belongs to the thread in a thread-safe library, so it is made every time.
            H5Eset_auto2(0, nil, nil)
            let status = body()
            return (status, status < 0 ? errorStack() : "")
        }
    }

    /// A value that cannot fail, read under the lock.
    static func value<Value>(_ body: () -> Value) -> Value {
        lock.withLock { _ in body() }
    }

    /// The descriptions on the calling thread's error stack, outermost first, without repeats.
    private static func errorStack() -> String {
        var lines: [String] = []
        withUnsafeMutablePointer(to: &lines) { lines in
            _ = H5Ewalk2(
                0, H5E_WALK_DOWNWARD,
                { _, record, lines in
                    guard let text = record?.pointee.desc, let lines else { return 0 }
                    let line = String(cString: text)
                    let list = lines.assumingMemoryBound(to: [String].self)
                    if !line.isEmpty && !list.pointee.contains(line) { list.pointee.append(line) }
                    return 0
                }, lines)
        }
        return lines.joined(separator: ": ")
    }
}

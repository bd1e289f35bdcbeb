import Checkpoints
import Configuration
import Glibc
import Synchronization
import Testing

/// A directory of its own for one test, removed afterwards; in memory where possible, because saving
/// waits for the disk often.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/lockstep-checkpoints-XXXXXX".utf8CString)
    let path = template.withUnsafeMutableBufferPointer { buffer in
        mkdtemp(buffer.baseAddress!).map { String(cString: $0) }
    }
    let directory = try #require(path)
    defer { removeTree(directory) }
    try body(directory)
}

func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

func removeTree(_ path: String) {
    if unlink(path) == 0 { return }
    for name in names(in: path) { removeTree("\(path)/\(name)") }
    rmdir(path)
}

func bytes(of path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "rb"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        if count == 0 { return bytes }
        bytes += chunk[..<count]
    }
}

func write(_ bytes: [UInt8], to path: String) throws {
    let file = try #require(fopen(path, "wb"))
    defer { fclose(file) }
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}

/// Stops at the operation of a given number, and at every later one, as a kill does.
final class Kill: Sendable {
    private let left: Mutex<Int>

    init(after operations: Int) {
        left = Mutex(operations)
    }

    /// Whether the operation was reached.
    var happened: Bool { left.withLock { $0 < 0 } }

    var faultPoint: FaultPoint {
        { [self] operation throws(SavedStateError) in
            let isDead = left.withLock { left in
                left -= 1
                return left < 0
            }
            if isDead { throw SavedStateError(.interrupted, "\(operation)", "killed") }
        }
    }
}

func exampleConfiguration(_ overrides: String...) throws -> RunConfiguration {
    let yaml = """
        model:
          kind: slowfast-lstm
          classes: 5
          input: {frames: 8, size: 32}
          models: [{alpha: 4}]
        data: {path: clips.h5}
        """
    return try RunConfiguration(yaml: yaml, overrides: overrides)
}

/// A small state whose values tell the step.
func contents(step: Int, value: Float? = nil) -> CheckpointContents {
    let value = value ?? Float(step)
    let weights = (0..<6).map { value + Float($0) / 8 }
    return CheckpointContents(
        step: step, epoch: step / 10, configDigest: "c0ffee", datasetDigest: "da7a",
        numerics: ["instructions": "avx2", "blas": "OpenBLAS 0.3.30"],
        model: [
            TensorSource(name: "head.weight", shape: [2, 3], values: weights),
            TensorSource(name: "bn.running_mean", shape: [2], values: [value, -value]),
            TensorSource(name: "bn.bias", shape: [1], values: [value]),
        ],
        optimizer: [
            TensorSource(name: "momentum/head.weight", shape: [2, 3], values: weights)
        ])
}

/// Vigna's splitmix64: the same damage in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

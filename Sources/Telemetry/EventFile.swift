import Foundation
import SwiftProtobuf

/// A run's scalars as TensorBoard reads them: records of `Event` messages, each with the checksums of its length and of
/// itself (TensorFlow's `TFRecord`).
///
/// A coordinator's life has a file of its own, made with its first event. It belongs to the thread that writes it; nothing waits for
/// the disk.
public final class EventFile {
    private let directory: String
    private let name: String
    /// The step whose state this life began from: later ones of an earlier life no longer hold.
    private let start: UInt64
    private var file: FileHandle?

    /// - Parameters:
    ///   - directory: Made where it is not there.
    ///   - identity: What tells this life's file from another's.
    ///   - time: Now, in seconds since 1970.
    public init(in directory: String, _ identity: RunStatus.Identity, from start: UInt64) {
        self.directory = directory
        self.start = start
        // TensorBoard knows event files by this word in their names, and reads them in the order of these.
        name =
            "events.out.tfevents.\(Int(identity.started)).\(identity.host).\(identity.process)"
            + ".\(identity.term)"
    }

    /// Writes values of a step.
    ///
    /// - Throws: Foundation's error where the file cannot be written.
    public func write(
        _ values: [(tag: String, value: Double)], step: UInt64, at time: Double
    ) throws {
        try append(
            .with {
                $0.wallTime = time
                $0.step = Int64(step)
                $0.summary = .with {
                    $0.value = values.map { tag, value in
                        .with {
                            $0.tag = tag
                            $0.simpleValue = Float(value)
                        }
                    }
                }
            }, at: time)
    }

    private func append(_ event: Tensorboard_Event, at time: Double) throws {
        let file = try self.file ?? open(at: time)
        self.file = file
        try file.write(contentsOf: Self.record(event))
    }

    private func open(at time: Double) throws -> FileHandle {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/" + name
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(
            contentsOf: Self.record(
                .with {
                    $0.wallTime = time
                    $0.fileVersion = "brain.Event:2"
                }))
        try file.write(
            contentsOf: Self.record(
                .with {
                    $0.wallTime = time
                    $0.step = Int64(start + 1)
                    $0.sessionLog = .with { $0.status = .start }
                }))
        return file
    }

    private static func record(_ event: Tensorboard_Event) throws -> Data {
        let message: [UInt8] = try event.serializedBytes()
        let length = bytes(UInt64(message.count))
        return Data(
            length + bytes(CRC32C.masked(length)) + message + bytes(CRC32C.masked(message)))
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
}

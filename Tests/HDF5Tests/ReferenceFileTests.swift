import Foundation
import HDF5
import Testing

/// Beside the package, not in it: a reference case that h5py wrote.
private let seedBasicPath = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../shared/reference/cases/seed-basic.h5").standardizedFileURL.path

@Suite("Reference files")
struct ReferenceFileTests {
    @Test(
        "a case written by h5py gives its inputs, scalar loss and configuration",
        .enabled(
            if: FileManager.default.fileExists(atPath: seedBasicPath),
            "there is no ../shared/reference beside this package"))
    func seedBasic() throws {
        let file = try HDF5File(reading: seedBasicPath)
        let clips = try file.dataset("/input/clips")
        #expect(try clips.shape().count == 5)
        #expect(clips.elementType == .float32)
        let labels: [Int64] = try file.dataset("/input/labels").read()
        #expect(try labels.count == clips.shape()[0])
        #expect(try file.dataset("/output/loss").readScalar(as: Double.self) > 0)
        guard case .string(let text)? = try file.attribute("config") else {
            Issue.record("the config is no string")
            return
        }
        #expect(text.contains("slowfast-lstm"))
        let names = try file.names(in: "/parameters")
        #expect(names.contains("models.0.slow.layer1.0.conv1.weight"))
        for name in names {
            let values: [Float] = try file.dataset("/parameters/" + name).read()
            #expect(!values.isEmpty)
        }
    }
}

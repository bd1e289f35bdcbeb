import Checkpoints
import Glibc
import Testing

@Suite("Weights travel to PyTorch and back")
struct PyTorchTests {
    /// A Python that has safetensors, from LOCKSTEP_PYTHON. Where it has torch, too, the tensors are PyTorch's,
    /// else NumPy's: the file is the same, and torch is large.
    private static let python = getenv("LOCKSTEP_PYTHON").map { String(cString: $0) }

    /// Runs a Python program and returns its exit status.
    private func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        let words = [try #require(Self.python), "-c", program] + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var child = pid_t()
        #expect(posix_spawn(&child, words[0], nil, nil, pointers, environ) == 0)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    @Test(
        "the safetensors package reads what is written here, and is read here",
        .enabled(
            if: python != nil, "LOCKSTEP_PYTHON does not name a Python with safetensors"))
    func exchange() throws {
        try withTemporaryDirectory { directory in
            let store = try RunDirectory.create(
                at: "\(directory)/run", configuration: exampleConfiguration()
            ).checkpoints
            let saved = try store.save(contents(step: 3), keep: 1).checkpoint
            let program = """
                import hashlib, sys
                import numpy
                try:
                    import torch
                    from safetensors.torch import load_file, save_file
                    scalar, as_array = torch.tensor, lambda tensor: tensor.numpy()
                except ImportError:
                    from safetensors.numpy import load_file, save_file
                    scalar, as_array = numpy.array, lambda tensor: tensor
                state = load_file(sys.argv[1])
                assert sorted(state) == ['bn.bias', 'bn.running_mean', 'head.weight'], state
                assert state['head.weight'].shape == (2, 3)
                assert state['head.weight'].flatten().tolist() == [3 + i / 8 for i in range(6)]
                assert state['bn.running_mean'].tolist() == [3, -3]
                sha = hashlib.sha256()
                for name in sorted(state, key=str.encode):
                    array = as_array(state[name])
                    shape = ','.join(map(str, array.shape))
                    sha.update(name.encode() + b'\\0' + shape.encode() + b'\\0')
                    sha.update(array.astype('<f4').tobytes())
                assert sha.hexdigest() == sys.argv[3], sha.hexdigest()
                state = {k: v * 2 for k, v in state.items()}
                state['bn.num_batches_tracked'] = scalar(7)
                save_file(state, sys.argv[2], metadata={'format': 'pt'})
                """
            let model = try saved.model()
            let back = "\(directory)/back.safetensors"
            #expect(try run(program, [model.path, back, saved.manifest.weightsSHA256]) == 0)
            let file = try SafetensorsFile(back)
            #expect(file.metadata == ["format": "pt"])
            #expect(file.tensors.count == 4)
            let weights = try file.tensor("head.weight", shape: [2, 3])
            #expect(try file.values(weights) == (0..<6).map { 6 + Float($0) / 4 })
            _ = try file.tensor("bn.num_batches_tracked", type: .int64, shape: [])
        }
    }
}

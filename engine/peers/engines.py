"""The compared engines. Settings of which none is always the fastest have a row each."""

from pathlib import Path
from typing import Callable

from engine import Engine, build_rust_peers, our_engine, rust_program, script

REFERENCE = "PyTorch + transformers"


def all_engines(f32_variant: str, int8_variant: str) -> list[Engine]:
    return [
        our_engine("this engine", "f32", f32_variant),
        Engine(REFERENCE, "f32", script("peer_torch.py")),
        Engine("ONNX Runtime", "f32", script("peer_onnxruntime.py", "model"), prepare=to_onnx),
        openvino("OpenVINO", "f32", "f32", "0"),
        ctranslate2("CTranslate2", "f32", "float32", "oneDNN"),
        ctranslate2("CTranslate2", "f32", "float32", "MKL"),
        candle("candle", "f32", "f32-rows", "weights by output"),
        candle("candle", "f32", "f32-columns", "weights by input"),
        rten("rten", "f32", "model", to_standard_onnx, "weights as stored"),
        rten("rten", "f32", "model-packed", to_standard_onnx, "weights packed"),
        our_engine("this engine, int8", "int8", int8_variant),
        onnxruntime_int8("dynamic", "MatMulInteger"),
        onnxruntime_int8("blocks", "MatMulNBits"),
        openvino("OpenVINO int8", "int8", "int8", "0", "f32 activations"),
        openvino("OpenVINO int8", "int8", "int8", "128", "int8 activations"),
        ctranslate2("CTranslate2 int8", "int8", "int8", "oneDNN"),
        ctranslate2("CTranslate2 int8", "int8", "int8", "MKL"),
        candle("candle int8", "int8", "q8_0"),
        rten("rten int8", "int8", "dynamic", to_standard_onnx_int8, "weights as stored"),
        rten("rten int8", "int8", "dynamic-packed", to_standard_onnx_int8, "weights packed"),
    ]


def onnxruntime_int8(file: str, operator: str) -> Engine:
    command = script("peer_onnxruntime.py", file)
    return Engine("ONNX Runtime int8", "int8", command, operator, prepare=to_onnx_int8)


def ctranslate2(name: str, weights: str, compute_type: str, library: str) -> Engine:
    environment = {"CT2_USE_MKL": "1" if library == "MKL" else "0"}
    command = script("peer_ctranslate2.py", compute_type)
    return Engine(name, weights, command, library, environment, prepare=to_ctranslate2)


def openvino(name: str, weights: str, file: str, group: str, setting: str = "") -> Engine:
    return Engine(name, weights, script("peer_openvino.py", file, group), setting, prepare=to_openvino)


def candle(name: str, weights: str, storage: str, setting: str = "") -> Engine:
    return Engine(name, weights, rust_program("peer-candle", storage), setting, build=build_rust_peers)


def rten(name: str, weights: str, file: str, prepare: Callable[[Path], None], setting: str) -> Engine:
    command = rust_program("peer-rten", file)
    return Engine(name, weights, command, setting, build=build_rust_peers, prepare=prepare)


# The packages of a conversion are imported here, because they are needed only if its engine is measured.


def to_onnx(folder: Path) -> None:
    import onnx_graph

    onnx_graph.build(folder)


def to_onnx_int8(folder: Path) -> None:
    import onnx_int8

    to_onnx(folder)
    onnx_int8.build_fused(folder)


def to_standard_onnx(folder: Path) -> None:
    import onnx_standard

    onnx_standard.build(folder)


def to_standard_onnx_int8(folder: Path) -> None:
    import onnx_int8

    to_standard_onnx(folder)
    onnx_int8.build_standard(folder)


def to_openvino(folder: Path) -> None:
    import openvino_graph

    openvino_graph.build(folder)


def to_ctranslate2(folder: Path) -> None:
    import ctranslate2_format

    ctranslate2_format.convert(folder)

"""The long sentences of a report in Chinese, by their English source text."""

SENTENCES: dict[str, str] = {
    "The figures of the runs; perplexities are those of the best step.": (
        "各次训练的数字；困惑度均为最佳步的困惑度。"
    ),
    "The settings in which the runs differ. All others are the same.": (
        "各次训练不同的设置；其余设置均相同。"
    ),
    "The report is about one run. Name several to compare them: tangshi-studio report RUN "
    "RUN ...": "本报告只有一次训练。要作对比，请列出几次训练：tangshi-studio report RUN RUN ...",
    "Perplexity on validation by training time and by characters read: over all targets "
    "(solid) and over Han characters alone (dashed).": (
        "验证集困惑度随训练时间和已读字数的变化：实线为全部目标，虚线为仅汉字。"
    ),
    "On the whole validation split {first} has the lowest perplexity over all targets, "
    "{best}; {other} follows with {second}, {more} more.": (
        "在整个验证集上，{first} 的困惑度（全部目标）最低，为 {best}；其次是 {other}，为 "
        "{second}，高出 {more}。"
    ),
    "{fast} learns the fastest, {fast_speed} characters per second; {slow} the slowest, "
    "{slow_speed}. Speeds are only comparable if the same machine trained the runs, with "
    "nothing else to do.": (
        "{fast} 训练最快，每秒 {fast_speed} 字；{slow} 最慢，每秒 {slow_speed} 字。只有在同一台"
        "机器上、没有其他任务时训练，速度才可比较。"
    ),
    "The runs have taken different numbers of steps: compare them with care.": (
        "各次训练的步数不同，比较时须留意。"
    ),
    "{runs}: trained on other poems than the library has now. What is measured with the "
    "library may differ from what training recorded.": (
        "{runs}：训练所用的诗与现在诗库中的不同。用诗库测得的数字可能与训练时的记录不一致。"
    ),
    "The plain recurrent cell (Elman 1990) has one state h. At each character it mixes the "
    "input x with the state before, by two matrices, and squashes the sum by tanh. The whole "
    "past must pass through this one product again and again. A gradient that is sent back "
    "through many steps is multiplied by the recurrent matrix each time: it shrinks to "
    "nothing or grows without bound. So the cell learns what stands next to what, but hardly "
    "what stands five or seven characters before, where a line of verse has its counterpart "
    "or its rhyme. Clipping the norm of the gradient keeps it from exploding.": (
        "简单循环单元（Elman 1990）只有一个状态 h。每读一个字，它用两个矩阵把输入 x 和上一步的"
        "状态混合，再用 tanh 压缩。过去的一切都要一次又一次地通过这一个乘积。梯度沿时间往回传时"
        "，每一步都乘以循环矩阵，步数一多，不是趋于零，就是无限增大。因此它学得会相邻的字，却很"
        "难学到五个字、七个字以前的字，而诗句的对仗和押韵恰恰在那里。裁剪梯度范数可以防止梯度爆"
        "炸。"
    ),
    "The gated recurrent unit (Cho et al. 2014) has one state h and two gates, each a number "
    "from 0 to 1 for every unit. The reset gate r says how much of the past counts when the "
    "new candidate n is made. The update gate z says how much of the old state is kept: at z "
    "near 1 the state passes unchanged, and so does its gradient. A unit can therefore hold "
    "something over a whole couplet. It needs three quarters of an LSTM's weights.": (
        "门控循环单元（Cho 等 2014）有一个状态 h 和两个门，门对每个单元取 0 到 1 之间的值。重置"
        "门 r 决定生成候选状态 n 时过去占多少分量；更新门 z 决定旧状态保留多少：z 接近 1 时，状"
        "态原样通过，梯度也原样通过。因此一个单元可以把信息保持一整联之久。循环层的权重是 LSTM "
        "的四分之三。"
    ),
    "Long short-term memory (Hochreiter and Schmidhuber 1997; with a forget gate by Gers et "
    "al. 2000) separates what is remembered from what is shown. The cell state c runs along "
    "the top: it is only multiplied by the forget gate f and increased by i times g, so a "
    "gradient can flow back along it over many steps. The input gate i decides what is "
    "written, the forget gate f what is kept, the output gate o what of it appears in the "
    "state h, from which the next character is predicted. At the start the forget gate's "
    "bias is 1, so that the cell remembers until it learns what to forget (Jozefowicz et al. "
    "2015).": (
        "长短期记忆（Hochreiter 与 Schmidhuber 1997；遗忘门由 Gers 等 2000 加入）把“记住的”和“"
        "显露的”分开。细胞状态 c 沿上方的线传递：只乘以遗忘门 f，再加上 i 与 g 的乘积，所以梯度"
        "可以沿它往回传许多步。输入门 i 决定写入什么，遗忘门 f 决定保留什么，输出门 o 决定其中"
        "哪些出现在状态 h 里，下一个字就由 h 预测。开始训练时遗忘门的偏置设为 1，让单元先记住，"
        "再学会忘记（Jozefowicz 等 2015）。"
    ),
    "{runs}: trained on another corpus (--poems), not on these training poems.": (
        "{runs}：用另一个语料（--poems）训练，不是用这些训练诗。"
    ),
    "{runs}: whether these are the poems of the training is not recorded.": (
        "{runs}：没有记录训练所用的是否就是这些诗。"
    ),
    "{runs}: trained on exactly these training poems, by their checksum.": (
        "{runs}：校验和一致，训练所用的正是这些训练诗。"
    ),
    "A language model gives each next character of a poem a probability, given all "
    "characters before it. Here a character is one token, punctuation included. Each "
    "character is turned into a vector (the embedding), read by recurrent layers, and their "
    "state is turned into a probability for every character of the vocabulary (softmax). "
    "Training lowers the loss: the mean negative logarithm of the probability of the "
    "character that does come next. Perplexity is e to the power of the loss: a model with "
    "perplexity 100 is as uncertain as if it chose among 100 equally likely characters.": (
        "语言模型根据前面所有的字，给出下一个字的概率。这里一个字就是一个词元，标点也算。每个字"
        "先变成一个向量（词嵌入），由循环层依次读入，再由循环层的状态得出词表中每个字的概率（"
        "softmax）。训练所降低的是损失，也就是实际出现的下一个字的概率的负对数的平均值。困惑度"
        "是 e 的损失次方：困惑度为 100 的模型，其犹豫程度相当于在 100 个同样可能的字中任选一个"
        "。"
    ),
    "The probability of a poem w, its prediction from the state h, and the loss.": (
        "一首诗 w 的概率、由状态 h 作出的预测，以及损失。"
    ),
    "In the equations of one step, x is the vector of the character or the output of the "
    "layer below, W are weights and b biases, σ is the logistic function, and ⊙ the product "
    "of components. In the diagrams yellow is an activation with weights, and red an "
    "operation on each component.": (
        "各步的公式中，x 是字的向量或下一层的输出，W 是权重，b 是偏置，σ 是逻辑斯谛函数，⊙ 是逐"
        "元素相乘。示意图中黄色为带权重的激活，红色为逐元素的运算。"
    ),
    "The poems come from {source}. The sha256 of a poem's first line decides whether it is "
    "for training (90%), validation (5%) or the test (5%), so a poem is always in the same "
    "split. The vocabulary is made from the training poems alone; rarer characters become "
    "one unknown token.": (
        "诗来自 {source}。每首诗首句的 sha256 决定它属于训练集（90%）、验证集（5%）还是测试集（"
        "5%），所以同一首诗总在同一个集合里。词表只由训练集得出；过于罕见的字合为一个未知词元。"
    ),
    "The library. Vocabularies include four special tokens: padding, begin, end, unknown.": (
        "诗库。词表大小包括四个特殊词元：填充、开始、结束、未知。"
    ),
    "The library of poems is missing, so it is not described: {reason}": (
        "缺少诗库，因此无法说明数据：{reason}"
    ),
    "The softmax uses the matrix of the embedding, so it has none.": (
        "softmax 与词嵌入共用一个矩阵，因此没有自己的矩阵。"
    ),
    "tangshi-studio {version}, Python {python}, torch {torch}, {device}": (
        "tangshi-studio {version}，Python {python}，torch {torch}，{device}"
    ),
    "On the processor, the same settings, poems and seed give the same losses on the same "
    "kind of machine. Any poem of this report is written again by its seed, for example:": (
        "在 CPU 上，设置、诗和随机种子相同，同类机器上的损失也相同。本报告中的诗都可以按种子重"
        "新写出，例如："
    ),
    "Not recorded by the version that trained it: program, torch, device, commit.": (
        "训练所用的版本没有记录：程序、torch、设备、提交。"
    ),
    "Two perplexities are given. The first counts all targets: characters, punctuation and "
    "the end of the poem. The second counts Han characters alone; it is higher, because "
    "punctuation is easy to predict. Each poem is read by itself, and unknown characters "
    "count as the unknown token.": (
        "这里有两种困惑度。第一种计算全部目标：汉字、标点和诗的结束。第二种只计算汉字；标点容易"
        "预测，所以第二种较高。每首诗单独读入，未知字按未知词元计算。"
    ),
    "{run}: its best checkpoint is that of step {best}, the best over Han characters. Over "
    "all targets step {step} was lower, with {figure}.": (
        "{run}：最佳检查点在第 {best} 步，是就汉字而言最佳的。就全部目标而言，第 {step} 步更低"
        "，为 {figure}。"
    ),
    "Each poem begins with the given character. Argmax takes the most likely character each "
    "time; sampling draws one, at temperature {temperature} among the characters that make "
    "up {top_p} of the probability, with seed {seed}. A poem of free length ends when the "
    "model ends it, or after {longest} characters (…). In a form, only characters that can "
    "still lead to a poem with its tones and rhyme may be chosen.": (
        "每首诗以给定的字开头。argmax 每次取概率最大的字；采样则按概率抽取，温度 {temperature}"
        "，只在累计概率占 {top_p} 的字中抽取，随机种子为 {seed}。不限长度的诗由模型自己结束，否"
        "则到 {longest} 个字为止（…）。写格律诗时，只能选用仍能合乎平仄与押韵的字。"
    ),
    "{count} quatrains of each model, from seed {seed}, by sampling. Free: the first four "
    "lines of poems that it writes without any rule, so this is what it has learnt of verse. "
    "{form}: the rules are kept by construction. A poem keeps the tones if every character "
    "fits a template, and the rhyme if it has one level rhyme throughout; both need four "
    "lines of five or of seven characters. Distinct-2 is the share of different pairs among "
    "all pairs of neighbouring characters.": (
        "每个模型用种子 {seed} 采样写 {count} 首绝句。“自由”指不加任何限制写出的诗的前四句，由"
        "此可见模型自己学到了多少诗律；{form}的格律则由程序保证。每个字都合乎某一平仄谱，才算合"
        "平仄；通篇押一个平声韵，才算押韵；两者都要求四句皆为五言或皆为七言。distinct-2 是相邻"
        "两字的组合中不重复者所占的比例。"
    ),
    "The whole validation split was not measured, because the library is missing: {reason}": (
        "缺少诗库，未能测量整个验证集：{reason}"
    ),
    "Spans of {least} or more characters that the library has too:": (
        "与诗库相同的片段（{least} 个字以上）："
    ),
    "No span of {least} or more characters in these poems is copied from the library.": (
        "这些诗中没有照搬诗库 {least} 个字以上的片段。"
    ),
    "The test split was not touched. With --test it is measured as well: do that once, at "
    "the end, and choose nothing by it.": (
        "没有动用测试集。加 --test 会同时测量测试集：只在最后测一次，不要据此作任何选择。"
    ),
    "There is no early stopping: every run takes all of its steps. But the checkpoint with "
    "the lowest perplexity on validation, over all targets, is kept, and the results below "
    "are those of that checkpoint. Training time is without pauses, validations and "
    "samples.": (
        "训练不早停：每次都走完全部步数。但验证集困惑度（全部目标）最低的检查点会保留下来，"
        "下文的结果都出自这个检查点。训练时间不包括暂停、验证和写样诗。"
    ),
    "Left: the loss of each step (faint) and its mean over a twentieth of the training. "
    "Right: perplexity on the validation poems, over all targets (solid) and over Han "
    "characters alone (dashed).": (
        "左：每一步的损失（淡）及其在二十分之一训练过程上的平均。右：验证集困惑度，实线为全部目"
        "标，虚线为仅汉字。"
    ),
    "The learning rate, the norm of the gradient before it is clipped (faint: each step; "
    "solid: the mean), and the characters that are learnt per second.": (
        "学习率、裁剪前的梯度范数（淡：每一步；实线：平均），以及每秒学习的字数。"
    ),
    "At each validation a 五绝 is written from the same seed, so that only the weights "
    "differ. The number below each is the perplexity on validation over all targets.": (
        "每次验证时用同一个种子写一首五绝，变化的只有权重。每首下面是当时的验证集困惑度（全部目"
        "标）。"
    ),
    "At each validation, what the model writes without any rule: the share of poems "
    "whose lines have the right length, and of those that keep the tones and the "
    "rhyme; different pairs of characters; 4-grams that the training poems have; "
    "characters of a poem that repeat an earlier one.": (
        "每次验证时，模型不受任何规则约束写出的诗：每行字数正确的诗、合平仄的诗、押韵的诗各占多少；"
        "不同的二字组；训练用诗中已有的四字组；一首诗中重复前文的字。"
    ),
    "{runs}: the use of the device is not recorded by the version that trained it.": (
        "{runs}：训练所用的版本没有记录设备的使用情况。"
    ),
    "Runs: {runs}. Written on {date} by tangshi-studio {version} from the folders of the "
    "runs. Where a folder lacks something, the report says so.": (
        "训练：{runs}。本报告由 tangshi-studio {version} 于 {date} 根据训练文件夹写成；文件夹中"
        "缺少的内容，报告会注明。"
    ),
}

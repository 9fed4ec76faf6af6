"""One frozen dataclass per page: all that its template may know."""

from commonweight.web.contexts.account import (
    DevicePage,
    ErrorPage,
    KeptPage,
    LoginPage,
    NewPage,
    SettingsPage,
    TokenForm,
    TokenRow,
    TokensPage,
)
from commonweight.web.contexts.asking import AskField, AskPage
from commonweight.web.contexts.browse import BrowsePage, FoundRow
from commonweight.web.contexts.changes import (
    CauseDetail,
    CauseGroup,
    ChangedRow,
    ChangesPage,
    ProgressView,
    WaitingRow,
)
from commonweight.web.contexts.collections import CollectionPage, CollectionRow, CollectionsPage, ItemRow
from commonweight.web.contexts.comparing import CellView, ComparePage, CompareRow, CompareSection, SideView
from commonweight.web.contexts.decisions import (
    DecisionPage,
    DecisionsPage,
    DocumentPage,
    NewDecisionPage,
    RecordGroup,
    RecordView,
    TouchedRow,
)
from commonweight.web.contexts.discussions import (
    DiffFile,
    DiffHunk,
    DiffRow,
    DiscussionPage,
    DiscussionRow,
    DiscussionsPage,
    EntryView,
    FilterLink,
    MergeView,
    NewDiscussionPage,
    PullFilesPage,
    Saying,
    TalkHead,
)
from commonweight.web.contexts.engines import EnginesPage, EngineView, HostView, ModelEnginesView
from commonweight.web.contexts.facts import (
    Choice,
    CountedFlip,
    Difference,
    FactField,
    FieldGroup,
    FigureRow,
    Flip,
    OutcomeView,
    OvertakenView,
    PreviewView,
)
from commonweight.web.contexts.files_say import (
    DisagreementView,
    EffectiveView,
    FilesSayView,
    LikenedLicence,
    NamedLicence,
    SayingView,
    TextPiece,
    TextView,
)
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.gating import AcceptedView, AccessPage, AccessRequestsPage, AccessRow, GateFieldView
from commonweight.web.contexts.keys import BudgetBar, KeyForm, KeyRow, KeysPage, UsageBar, UsageGroup, UsagePage
from commonweight.web.contexts.licences import (
    AmbiguityView,
    ChangeView,
    CiteView,
    ConditionView,
    ItemView,
    LicencePage,
    LicenceRow,
    LicencesPage,
    ReachView,
    RightView,
    UnderView,
)
from commonweight.web.contexts.lineage import BarView, GraphView, HeaderView, LineagePage, SuspectsView, SuspectView
from commonweight.web.contexts.market import (
    Deed,
    Facet,
    Heading,
    MarketPage,
    Option,
    Picked,
    RowView,
    StandingUse,
    VerdictBrief,
)
from commonweight.web.contexts.new_tuning import (
    BaseChoice,
    ChangedLines,
    CheckView,
    EstimateView,
    ExampleView,
    FindingGroup,
    NewTuningPage,
    RepairView,
    TuningForm,
    TurnView,
)
from commonweight.web.contexts.openness import (
    AxisView,
    ClassView,
    DeedView,
    ElementView,
    OpennessDetail,
    OpennessView,
    ParagraphView,
    PartView,
    SeenFile,
    TuneView,
)
from commonweight.web.contexts.organisation import MonthBar, MonthsView, OrganisationPage
from commonweight.web.contexts.organisations import (
    HistoryRow,
    MemberRow,
    MembersPage,
    OrganisationForm,
    OrganisationRow,
    OrganisationsPage,
)
from commonweight.web.contexts.packs import PackDutyView, PackFileView, PackPage
from commonweight.web.contexts.plan_view import PlanView
from commonweight.web.contexts.policy import (
    ApprovalForm,
    ApprovalView,
    EffectView,
    MetModel,
    MovedDocument,
    PolicyArea,
    PolicyCell,
    PolicyPage,
    PolicyRow,
    RuleLine,
    TrialList,
    TrialView,
)
from commonweight.web.contexts.privacy import GuardForm, GuardrailRow, KeepForm, KeptRow, PrivacyPage
from commonweight.web.contexts.repository import (
    BlobPage,
    CallName,
    CardPage,
    ChatPage,
    CommitRow,
    CommitsPage,
    FileRow,
    FilesPage,
    Head,
    NamespacePage,
    OpennessPage,
    RepositorySettingsPage,
    RightsPage,
    ScansPage,
    Snippet,
    Tab,
    TriedRow,
    TriedView,
)
from commonweight.web.contexts.rights import (
    ActView,
    AlternativeView,
    AskView,
    ClauseView,
    ConflictView,
    DecidedView,
    DoesView,
    DoubtView,
    DutyView,
    EdgeView,
    KnownPage,
    NodeView,
    ReadingView,
    StaleView,
    VerdictPage,
    VerdictView,
)
from commonweight.web.contexts.sales import (
    AdminSellingPage,
    DeliveryRow,
    ModelSum,
    OwedView,
    PaymentForm,
    PaymentRow,
    SalesPage,
    StandingRow,
    SubscriberRow,
)
from commonweight.web.contexts.scans import FoundView, ScanView
from commonweight.web.contexts.selling import (
    EventRow,
    GrantForm,
    ModelPlansPage,
    NewPlanPage,
    PlanField,
    PlanGroup,
    PlansPage,
    SubscriptionPage,
    SubscriptionRow,
    SubscriptionsPage,
)
from commonweight.web.contexts.statements import MoneyRow, StatementPage, StatementRow, StatementSum
from commonweight.web.contexts.tuning import (
    ArtefactBar,
    CheckpointRow,
    CurveView,
    EventView,
    FailureView,
    LineView,
    PairView,
    ReportView,
    ResultView,
    StageView,
    Told,
    TrainingView,
    TuningPage,
)
from commonweight.web.contexts.tunings import (
    ConversionForm,
    ConversionPage,
    ConversionRow,
    ConversionsPage,
    LadderPoint,
    LadderRow,
    LadderView,
    TuningRow,
    TuningsPage,
)
from commonweight.web.contexts.uses import CountView, ModelRow, ModelsView, TemplateView, UsePage, UseRow, UsesPage
from commonweight.web.contexts.webhooks import SentRow, WebhookForm, WebhookPage, WebhookRow, WebhooksPage
from commonweight.web.contexts.weights import TensorRow, WeightsView

Page = (
    MarketPage
    | BrowsePage
    | EnginesPage
    | LineagePage
    | CardPage
    | FilesPage
    | BlobPage
    | ScansPage
    | CommitsPage
    | DiscussionsPage
    | AccessPage
    | WebhookPage
    | WebhooksPage
    | CollectionPage
    | CollectionsPage
    | AccessRequestsPage
    | NewDiscussionPage
    | DiscussionPage
    | PullFilesPage
    | RightsPage
    | OpennessPage
    | PackPage
    | ChatPage
    | NamespacePage
    | KnownPage
    | VerdictPage
    | AskPage
    | ComparePage
    | LicencesPage
    | LicencePage
    | LoginPage
    | SettingsPage
    | TokensPage
    | DevicePage
    | RepositorySettingsPage
    | KeysPage
    | PrivacyPage
    | UsagePage
    | PlansPage
    | NewPlanPage
    | ModelPlansPage
    | SubscriptionsPage
    | SubscriptionPage
    | StatementPage
    | SalesPage
    | AdminSellingPage
    | OrganisationPage
    | OrganisationsPage
    | MembersPage
    | UsesPage
    | UsePage
    | DecisionsPage
    | DecisionPage
    | NewDecisionPage
    | DocumentPage
    | PolicyPage
    | KeptPage
    | ChangesPage
    | TuningsPage
    | NewTuningPage
    | TuningPage
    | ConversionPage
    | ConversionsPage
    | NewPage
    | ErrorPage
)

#: Every page there is; a test renders each, and the documentation lists them.
PAGES = Page.__args__

__all__ = [
    "PAGES",
    "AcceptedView",
    "AccessPage",
    "AccessRequestsPage",
    "AccessRow",
    "ActView",
    "AdminSellingPage",
    "AlternativeView",
    "AmbiguityView",
    "ApprovalForm",
    "ApprovalView",
    "ArtefactBar",
    "AskField",
    "AskPage",
    "AskView",
    "AxisView",
    "BarView",
    "BaseChoice",
    "BlobPage",
    "BrowsePage",
    "BudgetBar",
    "CallName",
    "CardPage",
    "CauseDetail",
    "CauseGroup",
    "CellView",
    "ChangeView",
    "ChangedLines",
    "ChangedRow",
    "ChangesPage",
    "ChatPage",
    "CheckView",
    "CheckpointRow",
    "Choice",
    "CiteView",
    "ClassView",
    "ClauseView",
    "CollectionPage",
    "CollectionRow",
    "CollectionsPage",
    "CommitRow",
    "CommitsPage",
    "ComparePage",
    "CompareRow",
    "CompareSection",
    "ConditionView",
    "ConflictView",
    "ConversionForm",
    "ConversionPage",
    "ConversionRow",
    "ConversionsPage",
    "CountView",
    "CountedFlip",
    "CurveView",
    "DecidedView",
    "DecisionPage",
    "DecisionsPage",
    "Deed",
    "DeedView",
    "DeliveryRow",
    "DevicePage",
    "DiffFile",
    "DiffHunk",
    "DiffRow",
    "Difference",
    "DisagreementView",
    "DiscussionPage",
    "DiscussionRow",
    "DiscussionsPage",
    "DocumentPage",
    "DoesView",
    "DoubtView",
    "DutyView",
    "EdgeView",
    "EffectView",
    "EffectiveView",
    "ElementView",
    "EngineView",
    "EnginesPage",
    "EntryView",
    "ErrorPage",
    "EstimateView",
    "EventRow",
    "EventView",
    "ExampleView",
    "Facet",
    "FactField",
    "FailureView",
    "FieldGroup",
    "FigureRow",
    "FileRow",
    "FilesPage",
    "FilesSayView",
    "FilterLink",
    "FindingGroup",
    "Flip",
    "FoundRow",
    "FoundView",
    "Frame",
    "GateFieldView",
    "GrantForm",
    "GraphView",
    "GuardForm",
    "GuardrailRow",
    "Head",
    "HeaderView",
    "Heading",
    "HistoryRow",
    "HostView",
    "ItemRow",
    "ItemView",
    "KeepForm",
    "KeptPage",
    "KeptRow",
    "KeyForm",
    "KeyRow",
    "KeysPage",
    "KnownPage",
    "LadderPoint",
    "LadderRow",
    "LadderView",
    "LicencePage",
    "LicenceRow",
    "LicencesPage",
    "LikenedLicence",
    "LineView",
    "LineagePage",
    "LoginPage",
    "MarketPage",
    "MemberRow",
    "MembersPage",
    "MergeView",
    "MetModel",
    "ModelEnginesView",
    "ModelPlansPage",
    "ModelRow",
    "ModelSum",
    "ModelsView",
    "MoneyRow",
    "MonthBar",
    "MonthsView",
    "MovedDocument",
    "NamedLicence",
    "NamespacePage",
    "NewDecisionPage",
    "NewDiscussionPage",
    "NewPage",
    "NewPlanPage",
    "NewTuningPage",
    "NodeView",
    "OpennessDetail",
    "OpennessPage",
    "OpennessView",
    "Option",
    "OrganisationForm",
    "OrganisationPage",
    "OrganisationRow",
    "OrganisationsPage",
    "OutcomeView",
    "OvertakenView",
    "OwedView",
    "PackDutyView",
    "PackFileView",
    "PackPage",
    "Page",
    "PairView",
    "ParagraphView",
    "PartView",
    "PaymentForm",
    "PaymentRow",
    "Picked",
    "PlanField",
    "PlanGroup",
    "PlanView",
    "PlansPage",
    "PolicyArea",
    "PolicyCell",
    "PolicyPage",
    "PolicyRow",
    "PreviewView",
    "PrivacyPage",
    "ProgressView",
    "PullFilesPage",
    "ReachView",
    "ReadingView",
    "RecordGroup",
    "RecordView",
    "RepairView",
    "ReportView",
    "RepositorySettingsPage",
    "ResultView",
    "RightView",
    "RightsPage",
    "RowView",
    "RuleLine",
    "SalesPage",
    "Saying",
    "SayingView",
    "ScanView",
    "ScansPage",
    "SeenFile",
    "SentRow",
    "SettingsPage",
    "SideView",
    "Snippet",
    "StageView",
    "StaleView",
    "StandingRow",
    "StandingUse",
    "StatementPage",
    "StatementRow",
    "StatementSum",
    "SubscriberRow",
    "SubscriptionPage",
    "SubscriptionRow",
    "SubscriptionsPage",
    "SuspectView",
    "SuspectsView",
    "Tab",
    "TalkHead",
    "TemplateView",
    "TensorRow",
    "TextPiece",
    "TextView",
    "TokenForm",
    "TokenRow",
    "TokensPage",
    "Told",
    "TouchedRow",
    "TrainingView",
    "TrialList",
    "TrialView",
    "TriedRow",
    "TriedView",
    "TuneView",
    "TuningForm",
    "TuningPage",
    "TuningRow",
    "TuningsPage",
    "TurnView",
    "UnderView",
    "UsageBar",
    "UsageGroup",
    "UsagePage",
    "UsePage",
    "UseRow",
    "UsesPage",
    "VerdictBrief",
    "VerdictPage",
    "VerdictView",
    "WaitingRow",
    "WebhookForm",
    "WebhookPage",
    "WebhookRow",
    "WebhooksPage",
    "WeightsView",
    "Word",
]
